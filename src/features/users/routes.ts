import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { SelfParams, UserParams, uidsOf } from '../../http/openapi/params.ts';
import { MAX_IDS } from '../../http/openapi/patterns.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { User, UserInput, UserList, UserPatch, UsersQuery } from './schemas.ts';
import type { Users } from './users.ts';

/** People: their profiles, and their removal. */
export function userRoutes(app: App, { users }: { users: Users }): void {
  app.put(
    '/v1/users/:uid',
    {
      config: { access: 'self' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'putUser',
        tags: ['users'],
        summary: 'Create or replace a user',
        description:
          'All fields are replaced by those given. For the user itself, or a server key. Idempotent: repeated, it leaves ' +
          'the same profile, and `createdAt` stays as it was at first.',
        params: SelfParams,
        body: ref(UserInput),
        response: responses(
          { 201: answer(User, 'The user was created.'), 200: answer(User, 'The profile was replaced.') },
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    async (request, reply) => {
      const { user, created } = await users.replace(request.params.uid, request.body.fields);
      return reply.status(created ? 201 : 200).send(user);
    },
  );

  app.patch(
    '/v1/users/:uid',
    {
      config: { access: 'self' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'patchUser',
        tags: ['users'],
        summary: 'Change fields of a user',
        description:
          'Sets the fields given, removes those that are null, leaves the others. For the user itself, or a server key. ' +
          'Idempotent.',
        params: SelfParams,
        body: ref(UserPatch),
        response: responses(
          { 200: answer(User, 'The profile as it is now.') },
          'user_not_found',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    (request) => users.merge(request.params.uid, request.body.fields),
  );

  app.get(
    '/v1/users/:uid',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'getUser',
        tags: ['users'],
        summary: 'Read a user',
        description: "Profiles are for everybody: any user, or a server key, reads anybody's.",
        params: UserParams,
        response: responses({ 200: answer(User, 'The user.') }, 'user_not_found'),
      },
    },
    (request) => users.get(request.params.uid),
  );

  app.get(
    '/v1/users',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'listUsers',
        tags: ['users'],
        summary: 'Read several users',
        description:
          `Up to ${MAX_IDS} users by their uids, in the order asked; those that do not exist are left out. There are no ` +
          'further pages. For any user, or a server key.',
        querystring: UsersQuery,
        response: responses({ 200: answer(UserList, 'Those that exist.') }),
      },
    },
    async (request) => ({ items: await users.list(uidsOf(request.query.ids, 'querystring/ids')) }),
  );

  app.delete(
    '/v1/users/:uid',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'deleteUser',
        tags: ['users'],
        summary: 'Remove a user',
        description:
          'Removes the profile, memberships, contacts and inbox. Messages sent to others stay, from a uid that no longer ' +
          'exists. Refused with `owner_must_hand_over` while the user owns a group. Only for a server key. Repeated, it ' +
          'answers `user_not_found`.',
        params: UserParams,
        response: responses({ 204: nothing('The user was removed.') }, 'user_not_found', 'owner_must_hand_over'),
      },
    },
    async (request, reply) => {
      await users.remove(request.params.uid);
      return reply.status(204).send(null);
    },
  );
}
