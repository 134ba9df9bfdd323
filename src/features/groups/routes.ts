import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { GroupParams } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import type { Groups } from './groups.ts';
import { Group, GroupInput, GroupPatch } from './schemas.ts';

/** Groups: their fields, owner and join policy. */
export function groupRoutes(app: App, { groups }: { groups: Groups }): void {
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
          'that exists, its owner or a server key replaces all fields; an absent `joinPolicy` stays as it is, and another ' +
          '`owner` is refused with `owner_unchanged`. Idempotent: repeated, it leaves the same group.',
        params: GroupParams,
        body: ref(GroupInput),
        response: responses(
          { 201: answer(Group, 'The group was created.'), 200: answer(Group, 'The fields were replaced.') },
          'not_owner',
          'user_not_found',
          'owner_unchanged',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    async (request, reply) => {
      const { group, created } = await groups.put(request.caller, request.params.gid, request.body);
      return reply.status(created ? 201 : 200).send(group);
    },
  );

  app.patch(
    '/v1/groups/:gid',
    {
      config: { access: 'owner' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'patchGroup',
        tags: ['groups'],
        summary: 'Change a group, or hand it over',
        description:
          'Sets the fields given and removes those that are null; changes the join policy; makes another member the ' +
          '`owner`. What is absent stays as it is. For the owner, or a server key.',
        params: GroupParams,
        body: ref(GroupPatch),
        response: responses(
          { 200: answer(Group, 'The group as it is now.') },
          'not_owner',
          'group_not_found',
          'member_not_found',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    (request) => groups.patch(request.caller, request.params.gid, request.body),
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
    (request) => groups.get(request.params.gid),
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
          'server key. Repeated, it answers `group_not_found`.',
        params: GroupParams,
        response: responses({ 204: nothing('The group was removed.') }, 'not_owner', 'group_not_found'),
      },
    },
    async (request, reply) => {
      await groups.remove(request.caller, request.params.gid);
      return reply.status(204).send(null);
    },
  );
}
