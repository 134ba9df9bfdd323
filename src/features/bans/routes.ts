import type { App } from '../../http/fastify.ts';
import { BanParams, GroupParams, pageQuery } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { Ban, BanList } from './schemas.ts';

const MAX_PAGE = 1_000;

/** Who may not be in a group. */
export function banRoutes(app: App): void {
  app.get(
    '/v1/groups/:gid/bans',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listBans',
        tags: ['groups'],
        summary: 'List who is banned',
        description: 'The oldest ban first. For the owner, admins, or a server key.',
        params: GroupParams,
        querystring: pageQuery(MAX_PAGE, 'bans', '1763900311455,mallory'),
        response: responses(
          { 200: answer(BanList, 'A page of bans.') },
          'invalid_cursor',
          'not_admin',
          'group_not_found',
        ),
      },
    },
    (request) => request.space.bans.list(request.caller, request.params.gid, request.query),
  );

  app.put(
    '/v1/groups/:gid/bans/:uid',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'putBan',
        tags: ['groups'],
        summary: 'Ban somebody',
        description:
          'A member is taken out at once, and all members are told by a `ban` event; a request to join is dropped. Until the ban ' +
          'is lifted, joining, asking to join, being added and being approved are refused with `banned`. For the ' +
          'owner, admins, or a server key; an admin is banned by the owner alone. Idempotent: repeated, it changes nothing ' +
          'and tells nobody.',
        params: BanParams,
        response: responses(
          { 201: answer(Ban, 'The user is banned now.'), 200: answer(Ban, 'The user was banned already.') },
          'not_admin',
          'not_owner',
          'group_not_found',
          'user_not_found',
          'owner_must_hand_over',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      const { ban, created } = await request.space.bans.ban(request.caller, request.params.gid, request.params.uid);
      return reply.status(created ? 201 : 200).send(ban);
    },
  );

  app.delete(
    '/v1/groups/:gid/bans/:uid',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'deleteBan',
        tags: ['groups'],
        summary: 'Lift a ban',
        description:
          'The user may join again as anybody may; nobody is told. For the owner, admins, or a server key. Idempotent: ' +
          'without a ban it answers the same.',
        params: BanParams,
        response: responses({ 204: nothing('There is no ban.') }, 'not_admin', 'group_not_found'),
      },
    },
    async (request, reply) => {
      await request.space.bans.lift(request.caller, request.params.gid, request.params.uid);
      return reply.status(204).send(null);
    },
  );
}
