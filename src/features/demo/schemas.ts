import Type from 'typebox';
import { component, input } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';
import { DISPLAY_NAME_PATTERN } from '../../http/openapi/patterns.ts';

export const Demo = component('Demo', {
  description: 'What the chat page may offer.',
  properties: {
    login: Type.Boolean({ description: 'Whether one can sign in with a mere name.' }),
    needsSecret: Type.Boolean({ description: 'Whether that takes the secret of the link that the service printed.' }),
  },
  examples: [{ login: true, needsSecret: true }],
});

/** Of a name with the spaces around it. */
const MAX_LENGTH = 256;

export const DemoLoginInput = input('DemoLoginInput', {
  description: 'Who signs in.',
  properties: {
    name: Type.String({
      description: 'A name. Spaces around it do not count; without them it has 1 to 64 characters.',
      maxLength: MAX_LENGTH,
      pattern: DISPLAY_NAME_PATTERN,
      examples: ['Alice'],
    }),
    secret: Type.Optional(
      Type.String({
        description: 'What stands behind `#demo=` in the link that the service printed when it started.',
        maxLength: 256,
        examples: ['rH1oqq5GkY3c0vZc2yK8b3m3m0T2i3mPpQnq3l8wX4s'],
      }),
    ),
  },
  examples: [{ name: 'Alice', secret: 'rH1oqq5GkY3c0vZc2yK8b3m3m0T2i3mPpQnq3l8wX4s' }],
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
