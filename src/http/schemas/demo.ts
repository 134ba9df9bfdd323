import Type from 'typebox';
import { component, input } from './component.ts';
import { TimeText, UidText } from './params.ts';

export const Demo = component('Demo', {
  description: 'What the chat page may offer.',
  properties: { login: Type.Boolean({ description: 'Whether this caller can sign in with a mere name.' }) },
  examples: [{ login: true }],
});

/** Of a name with the spaces around it. */
const MAX_LENGTH = 256;

export const DemoLoginInput = input('DemoLoginInput', {
  description: 'Who signs in.',
  properties: {
    name: Type.String({
      description: 'A name. Spaces around it do not count; without them it has 1 to 64 characters.',
      maxLength: MAX_LENGTH,
      pattern: '^\\s*\\S([\\s\\S]{0,62}\\S)?\\s*$',
      examples: ['Alice'],
    }),
  },
  examples: [{ name: 'Alice' }],
});

export const DemoLogin = component('DemoLogin', {
  description: 'Who one is now, and a user token: `Authorization: Bearer <token>`.',
  properties: {
    uid: UidText('The user that goes with the name.'),
    token: Type.String({ description: 'The JWT.' }),
    expiresAt: TimeText('When it ends.'),
  },
  examples: [
    { uid: 'alice', token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.…', expiresAt: '2025-12-23T12:18:31.000Z' },
  ],
});
