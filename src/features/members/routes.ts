import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { GroupParams, MemberParams, msOf, pageQuery } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { problemOf } from '../../http/plugins/problem.ts';
import {
  AddOutput,
  JoinRequest,
  JoinRequestList,
  MAX_ADDED,
  Member,
  MemberList,
  MemberPatch,
  MembersInput,
} from './schemas.ts';

const MAX_PAGE = 1_000;

/** Who is in a group, who wants to be, and how both change. */
export function memberRoutes(app: App): void {
  app.get(
    '/v1/groups/:gid/members',
    {
      config: { access: 'member' },
      schema: {
        operationId: 'listMembers',
        tags: ['groups'],
        summary: 'List the members of a group',
        description: 'In the order of their uids, with their roles. For members, or a server key.',
        params: GroupParams,
        querystring: pageQuery(MAX_PAGE, 'members', 'bob'),
        response: responses({ 200: answer(MemberList, 'A page of members.') }, 'not_member', 'group_not_found'),
      },
    },
    (request) => request.space.members.list(request.caller, request.params.gid, request.query),
  );

  app.put(
    '/v1/groups/:gid/members',
    {
      config: { access: 'admin' },
      bodyLimit: BODY_LIMIT.ids,
      schema: {
        operationId: 'addMembers',
        tags: ['groups'],
        summary: 'Add many members',
        description:
          `Up to ${MAX_ADDED} at once. Each stands for itself: the answer is 200 with a result for each, in the same order, ` +
          'also when some were refused (`user_not_found`, `banned`, `group_full`). One `join` event tells of all who came: ' +
          'its `members` are their uids with spaces in between. For the owner, admins, or a server key. Idempotent: whoever ' +
          'is a member stays one, and nobody is told twice.',
        params: GroupParams,
        body: ref(MembersInput),
        response: responses({ 200: answer(AddOutput, 'A result for each.') }, 'not_admin', 'group_not_found'),
      },
    },
    async (request) => {
      const results = await request.space.members.add(request.caller, request.params.gid, request.body.uids);
      return {
        results: results.map((result) => {
          const { uid } = result;
          if ('error' in result) {
            return { uid, status: result.error.status, problem: problemOf(result.error, request.id) };
          }
          return { uid, status: result.created ? 201 : 200, member: result.member };
        }),
      };
    },
  );

  app.get(
    '/v1/groups/:gid/members/:uid',
    {
      config: { access: 'member' },
      schema: {
        operationId: 'getMember',
        tags: ['groups'],
        summary: 'Read a member',
        description: 'Its role, and until when it is silenced. For members, or a server key.',
        params: MemberParams,
        response: responses(
          { 200: answer(Member, 'The member.') },
          'not_member',
          'group_not_found',
          'member_not_found',
        ),
      },
    },
    (request) => request.space.members.get(request.caller, request.params.gid, request.params.uid),
  );

  app.patch(
    '/v1/groups/:gid/members/:uid',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'patchMember',
        tags: ['groups'],
        summary: 'Give a member a role, or silence it',
        description:
          'The owner (or a server key) makes members admins, and admins members. Admins silence members, the owner admins, ' +
          'too: until then they send nothing there, but read. All members are told by a `role` or a `silence` event. ' +
          'Idempotent: what is so already is told to nobody.',
        params: MemberParams,
        body: ref(MemberPatch),
        response: responses(
          { 200: answer(Member, 'The member as it is now.') },
          'not_admin',
          'not_owner',
          'group_not_found',
          'member_not_found',
          'owner_must_hand_over',
          'update_pending',
        ),
      },
    },
    (request) => {
      const { role, silencedUntil } = request.body;
      const silencedUntilMs = silencedUntil === null ? 0 : silencedUntil && msOf(silencedUntil, 'body/silencedUntil');
      const change = { role, silencedUntilMs: silencedUntilMs as number | undefined };
      return request.space.members.change(request.caller, request.params.gid, request.params.uid, change);
    },
  );

  app.put(
    '/v1/groups/:gid/members/:uid',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'putMember',
        tags: ['groups'],
        summary: 'Join a group, or add a member',
        description:
          'A user joins by the `joinPolicy`: at once (`open`), as a request that the owner or an admin approves (`approval`, ' +
          'answered with 202), or not (`closed`). The owner, admins and a server key add anybody; who is banned comes in ' +
          'by no way. Idempotent: a member stays one, and nobody is told twice.',
        params: MemberParams,
        response: responses(
          {
            201: answer(Member, 'The user is a member now.'),
            200: answer(Member, 'The user was a member already.'),
            202: answer(JoinRequest, 'The owner was asked.'),
          },
          'not_admin',
          'banned',
          'blocked',
          'must_unblock',
          'join_closed',
          'group_not_found',
          'user_not_found',
          'group_full',
        ),
      },
    },
    async (request, reply) => {
      const result = await request.space.members.join(request.caller, request.params.gid, request.params.uid);
      if (result.outcome === 'requested') return reply.status(202).send(result.request);
      return reply.status(result.outcome === 'joined' ? 201 : 200).send(result.member);
    },
  );

  app.delete(
    '/v1/groups/:gid/members/:uid',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'deleteMember',
        tags: ['groups'],
        summary: 'Leave a group, or remove a member',
        description:
          'For the member itself, the owner, admins, or a server key; an admin is removed by the owner alone. The owner has ' +
          'to hand the group over first. Idempotent: who is no member stays none, and nobody is told.',
        params: MemberParams,
        response: responses(
          { 204: nothing('The user is no member any more.') },
          'not_admin',
          'not_owner',
          'group_not_found',
          'owner_must_hand_over',
        ),
      },
    },
    async (request, reply) => {
      await request.space.members.quit(request.caller, request.params.gid, request.params.uid);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/v1/groups/:gid/requests',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listJoinRequests',
        tags: ['groups'],
        summary: 'List who asked to join',
        description: 'The oldest request first. For the owner, admins, or a server key.',
        params: GroupParams,
        querystring: pageQuery(MAX_PAGE, 'requests', '1763900311455,carol'),
        response: responses(
          { 200: answer(JoinRequestList, 'A page of requests.') },
          'invalid_cursor',
          'not_admin',
          'group_not_found',
        ),
      },
    },
    (request) => request.space.members.requests(request.caller, request.params.gid, request.query),
  );

  app.put(
    '/v1/groups/:gid/requests/:uid',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'approveJoinRequest',
        tags: ['groups'],
        summary: 'Let somebody in who asked',
        description:
          'For the owner, admins, or a server key. Idempotent: whoever is a member already stays one, answered with 200.',
        params: MemberParams,
        response: responses(
          {
            201: answer(Member, 'The user is a member now.'),
            200: answer(Member, 'The user was a member already.'),
          },
          'not_admin',
          'banned',
          'group_not_found',
          'user_not_found',
          'request_not_found',
          'group_full',
        ),
      },
    },
    async (request, reply) => {
      const { member, created } = await request.space.members.approve(
        request.caller,
        request.params.gid,
        request.params.uid,
      );
      return reply.status(created ? 201 : 200).send(member);
    },
  );

  app.delete(
    '/v1/groups/:gid/requests/:uid',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'deleteJoinRequest',
        tags: ['groups'],
        summary: 'Turn down a request, or withdraw one',
        description:
          'The owner, admins and a server key turn a request down, and who asked is told by a `refuse` event; a user withdraws ' +
          "one's own. Idempotent: without a request it answers the same, and who was let in meanwhile stays a member.",
        params: MemberParams,
        response: responses({ 204: nothing('The request is gone.') }, 'not_admin', 'group_not_found'),
      },
    },
    async (request, reply) => {
      await request.space.members.refuse(request.caller, request.params.gid, request.params.uid);
      return reply.status(204).send(null);
    },
  );
}
