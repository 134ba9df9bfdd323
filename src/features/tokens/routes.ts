import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { SelfParams, UserParams } from '../../http/openapi/params.ts';
import { problems } from '../../http/openapi/problem.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { Suspension, Ticket, Token, TokenInput } from './schemas.ts';

const DEFAULT_TTL_S = 3_600;

/** Credentials: tokens for users, tickets for their browsers. */
export function tokenRoutes(app: App): void {
  app.post(
    '/v1/tokens',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'createToken',
        tags: ['tokens'],
        summary: 'Make a user token',
        description:
          'For a server that signs its users in by itself and hands each a token. Only with a server key. The user must ' +
          'exist; with `create: true` it is made if it does not, without fields. Where `JWKS_URL` is set, tokens come from ' +
          'that issuer, and this answers `tokens_by_issuer`.',
        body: ref(TokenInput),
        response: {
          201: { description: 'The token.', ...ref(Token) },
          ...problems('user_not_found', 'tokens_by_issuer'),
        },
      },
    },
    async (request, reply) => {
      const { uid, ttlSeconds, create } = request.body;
      const { credential, expiresAt } = await request.space.tokens.issueToken(
        uid,
        ttlSeconds ?? DEFAULT_TTL_S,
        request.space.revocations.notBefore(uid),
      );
      // Not before it is sure that there is a token to hand out.
      await (create ? request.space.users.ensure(uid, {}) : request.space.users.get(uid));
      return reply.status(201).send({ token: credential, expiresAt });
    },
  );

  app.post(
    '/v1/users/:uid/tickets',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'createTicket',
        tags: ['tokens'],
        summary: 'Make a ticket for a stream',
        description:
          "For browsers, whose EventSource can't send a token: put the ticket into the stream's URL. It is good for this " +
          "user's stream alone, for 10 minutes, reconnects included, and ends with the token that asked for it if that is " +
          'earlier. For the user itself, or a server key.',
        params: UserParams,
        response: { 201: { description: 'The ticket.', ...ref(Ticket) } },
      },
    },
    async (request, reply) => {
      const { credential, expiresAt } = await request.space.tokens.issueTicket(request.params.uid, request.caller);
      return reply.status(201).send({ ticket: credential, expiresAt });
    },
  );

  app.delete(
    '/v1/users/:uid/tokens',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteTokens',
        tags: ['tokens'],
        summary: 'Sign a user out everywhere',
        description:
          'Within a second every node refuses all tokens and tickets of the user that were issued up to now, with ' +
          '`token_revoked`, and its open streams and sockets end. Tokens that are issued from the next second on are good: ' +
          'those of `POST /v1/tokens` at once. For the user itself, or a server key.',
        params: SelfParams,
        response: responses({ 204: nothing('The tokens are revoked.') }, 'user_not_found'),
      },
    },
    async (request, reply) => {
      await request.space.revocations.revoke(request.params.uid);
      return reply.status(204).send(null);
    },
  );

  app.put(
    '/v1/users/:uid/suspension',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'putSuspension',
        tags: ['tokens'],
        summary: 'Suspend a user',
        description:
          'Within a second every node refuses all tokens of the user, new ones too, with `suspended`, and its open streams and ' +
          'sockets end. Memberships, contacts and messages stay, and what others send arrives in its inbox. Only for a server ' +
          'key, which may go on acting for the user. Idempotent.',
        params: UserParams,
        response: responses(
          {
            201: answer(Suspension, 'The user is suspended now.'),
            200: answer(Suspension, 'The user was suspended already.'),
          },
          'user_not_found',
        ),
      },
    },
    async (request, reply) => {
      const { suspension, created } = await request.space.revocations.suspend(request.params.uid);
      return reply.status(created ? 201 : 200).send(suspension);
    },
  );

  app.delete(
    '/v1/users/:uid/suspension',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'deleteSuspension',
        tags: ['tokens'],
        summary: 'Lift a suspension',
        description:
          'New tokens are good again; those of before the suspension stay refused. Only for a server key. Idempotent: without a ' +
          'suspension it answers the same.',
        params: UserParams,
        response: responses({ 204: nothing('The user is not suspended.') }),
      },
    },
    async (request, reply) => {
      await request.space.revocations.lift(request.params.uid);
      return reply.status(204).send(null);
    },
  );
}
