import Type from 'typebox';
import { component, input, named } from '../../http/openapi/component.ts';

const id = (description: string) =>
  Type.Unsafe<string | number>({ type: ['string', 'integer'], description, maxLength: 64, examples: [1] });

export const SocketToken = input('SocketToken', {
  description:
    'A credential: the first frame where neither `Authorization` nor a ticket came, later one that takes its place.',
  properties: {
    id: Type.Optional(id('Where it is given, the frame is answered, with 204.')),
    token: Type.String({ description: 'A user token.', maxLength: 16_384 }),
  },
  examples: [{ token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.…' }],
});

export const SocketRequest = input('SocketRequest', {
  description:
    'A request, by the rules of the operation that it calls: one that a user token may call, and that does not wait.',
  properties: {
    id: id('Given back by the answer.'),
    method: named<string>('SocketMethod', {
      type: 'string',
      enum: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'],
      description: 'The method of the operation.',
      examples: ['POST'],
    }),
    path: Type.String({ description: 'The path with its query.', examples: ['/v1/users/me/conversations?limit=20'] }),
    body: Type.Optional(Type.Unsafe<unknown>({ description: 'The body of the operation, if it has one.' })),
  },
  examples: [
    {
      id: 1,
      method: 'POST',
      path: '/v1/users/me/conversations/user:bob/messages',
      body: { fields: { text: 'hi' }, clientMessageId: 'm-0001' },
    },
  ],
});

export const SocketAnswer = component('SocketAnswer', {
  description:
    'The answer to a request: what the operation answers over HTTP. Of a frame that could not be read it has no `id`.',
  properties: {
    id: Type.Optional(id('Of the request.')),
    status: Type.Integer({ description: 'As over HTTP.', examples: [201] }),
    body: Type.Optional(Type.Unsafe<unknown>({ description: 'As over HTTP; of an error a `Problem`.' })),
  },
  examples: [{ id: 1, status: 204 }],
});

/** A frame, of whichever side. */
export const SocketFrame = named<object>('SocketFrame', {
  description:
    'A text frame. From the server: a `StreamEvent`, which has an `event`, or a `SocketAnswer`, which has a `status`. From the ' +
    'client: a `SocketToken` or a `SocketRequest`.',
  oneOf: ['StreamEvent', SocketAnswer.$id, SocketToken.$id, SocketRequest.$id].map((name) => ({ $ref: `${name}#` })),
  examples: [{ id: 1, method: 'GET', path: '/v1/users/me' }],
});
