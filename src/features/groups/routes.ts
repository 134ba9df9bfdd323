import { ImError } from '../../domain/errors.ts';
import type { Gid } from '../../domain/names.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { GroupParams, uidsOf } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { Group, GroupInput, GroupList, GroupPatch, GroupsQuery } from './schemas.ts';

/** Groups: their fields, owner and policies. */
export function groupRoutes(app: App): void {
  app.put(
    '/v1/groups/:gid',
    {
      config: { access: 'any' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'putGroup',
        tags: ['groups'],
        summary: 'Create a group, or replace its fields',
        description:
          'Any user may create a group and owns it then, as its first member; a server key names the `owner`. Of a group ' +
          'that exists, its owner, its admins or a server key replace all fields; an absent policy stays as it is, only the ' +
          'owner changes one, and another `owner` is refused with `owner_unchanged`. Idempotent: repeated, it leaves the same group.',
        params: GroupParams,
        body: ref(GroupInput),
        response: responses(
          { 201: answer(Group, 'The group was created.'), 200: answer(Group, 'The fields were replaced.') },
          'not_admin',
          'not_owner',
          'user_not_found',
          'owner_unchanged',
          'update_pending',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    async (request, reply) => {
      const { group, created } = await request.space.groups.put(request.caller, request.params.gid, request.body);
      return reply.status(created ? 201 : 200).send(group);
    },
  );

  app.patch(
    '/v1/groups/:gid',
    {
      config: { access: 'admin' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'patchGroup',
        tags: ['groups'],
        summary: 'Change a group, or hand it over',
        description:
          'Sets the fields given and removes those that are null. For the owner, admins, or a server key. The owner and a ' +
          'server key alone change the policies, and make another member the `owner`. What is absent stays as it is.',
        params: GroupParams,
        body: ref(GroupPatch),
        response: responses(
          { 200: answer(Group, 'The group as it is now.') },
          'not_admin',
          'not_owner',
          'group_not_found',
          'member_not_found',
          'update_pending',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    (request) => request.space.groups.patch(request.caller, request.params.gid, request.body),
  );

  app.get(
    '/v1/groups',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'listGroups',
        tags: ['groups'],
        summary: 'Read several groups, or list all',
        description:
          'With `ids`, those of them that exist, in the order asked: for any user, or a server key. Without, all groups in ' +
          'the order of their gids, for a server key. (The groups that a user is in are among its contacts.)',
        querystring: GroupsQuery,
        response: responses({ 200: answer(GroupList, 'The groups, or a page of them.') }),
      },
    },
    async (request) => {
      const { ids, after, limit } = request.query;
      if (ids !== undefined && after !== undefined) {
        throw new ImError('invalid_request', 'Give "ids" or "after", not both: groups that are named have one page.');
      }
      if (ids !== undefined)
        return { items: await request.space.groups.some(uidsOf(ids, 'querystring/ids') as string[] as Gid[]) };
      if (request.caller.kind !== 'server') {
        throw new ImError('forbidden', 'Only a server key lists all groups. Name some, for example ?ids=team,club.');
      }
      return request.space.groups.list({ limit, after });
    },
  );

  app.get(
    '/v1/groups/:gid',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'getGroup',
        tags: ['groups'],
        summary: 'Read a group',
        description:
          'Its fields and how many members it has: for any user, or a server key. Who they are is for members.',
        params: GroupParams,
        response: responses({ 200: answer(Group, 'The group.') }, 'group_not_found'),
      },
    },
    (request) => request.space.groups.get(request.params.gid),
  );

  app.delete(
    '/v1/groups/:gid',
    {
      config: { access: 'owner' },
      schema: {
        operationId: 'deleteGroup',
        tags: ['groups'],
        summary: 'Remove a group',
        description:
          'Removes the group, its messages and requests, and tells all members by a `delete` event. For the owner, or a ' +
          'server key. Idempotent: where there is no such group it answers the same.',
        params: GroupParams,
        response: responses({ 204: nothing('There is no such group any more.') }, 'not_owner'),
      },
    },
    async (request, reply) => {
      await request.space.groups.remove(request.caller, request.params.gid);
      return reply.status(204).send(null);
    },
  );
}
