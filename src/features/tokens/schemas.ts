import Type from 'typebox';
import { component, input } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';

export const TokenInput = input('TokenInput', {
  description: 'A token to make.',
  properties: {
    uid: UidText('Whom the token is for.'),
    ttlSeconds: Type.Optional(
      Type.Integer({
        // No `default`: generated clients would take the member for one that has to be given.
        description: 'How long it is valid, s. 3600 if absent.',
        minimum: 1,
        maximum: 2_592_000,
      }),
    ),
    create: Type.Optional(
      Type.Boolean({ description: 'Whether the user is made, without fields, if there is none. False if absent.' }),
    ),
  },
  examples: [{ uid: 'alice', ttlSeconds: 86_400 }],
});

export const Token = component('Token', {
  description: 'A user token: `Authorization: Bearer <token>`.',
  properties: { token: Type.String({ description: 'The JWT.' }), expiresAt: TimeText('When it ends.') },
  examples: [{ token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.…', expiresAt: '2026-11-24T09:18:31.000Z' }],
});

export const Ticket = component('Ticket', {
  description: 'A ticket, good for at most 10 minutes and for one thing: `GET /v1/users/{uid}/inbox/stream?ticket=…`.',
  properties: {
    ticket: Type.String({ description: 'The ticket.' }),
    expiresAt: TimeText('When it ends, and a stream with it.'),
  },
  examples: [{ ticket: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.…', expiresAt: '2026-11-23T09:28:31.000Z' }],
});

export const Suspension = component('Suspension', {
  description: 'That a user is suspended: none of its tokens is taken.',
  properties: { uid: UidText(), suspendedAt: TimeText('Since when.') },
  examples: [{ uid: 'mallory', suspendedAt: '2025-11-23T12:18:31.455Z' }],
});
