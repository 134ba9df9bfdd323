import type { Actor } from '../../domain/actor.ts';
import { ImError } from '../../domain/errors.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { SelfParams, UserParams, uidsOf } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { RemovalQuery, User, UserInput, UserList, UserPatch, UsersQuery } from './schemas.ts';

/** People: their profiles, and their removal. */
export function userRoutes(app: App): void {
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
          'the same profile, and `createdAt` stays as it was at first. Attributes are for a server key alone, and those that ' +
          'are given replace all.',
        params: SelfParams,
        body: ref(UserInput),
        response: responses(
          { 201: answer(User, 'The user was created.'), 200: answer(User, 'The profile was replaced.') },
          'update_pending',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    async (request, reply) => {
      const { fields, ...beside } = request.body;
      checkAttributes(request.caller, beside.attributes);
      const { user, created } = await request.space.users.replace(request.params.uid, fields, beside);
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
          'Sets the fields given, removes those that are null, leaves the others; the same goes for attributes, which are for ' +
          'a server key alone. For the user itself, or a server key. Idempotent.',
        params: SelfParams,
        body: ref(UserPatch),
        response: responses(
          { 200: answer(User, 'The profile as it is now.') },
          'user_not_found',
          'update_pending',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    (request) => {
      const { fields = {}, ...beside } = request.body;
      checkAttributes(request.caller, beside.attributes);
      return request.space.users.merge(request.params.uid, fields, beside);
    },
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
    (request) => request.space.users.get(request.params.uid),
  );

  app.get(
    '/v1/users',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'listUsers',
        tags: ['users'],
        summary: 'Read several users, or list all',
        description:
          'With `ids`, those of them that exist, in the order asked: for any user, or a server key. Without, all users in the ' +
          'order of their uids, for a server key.',
        querystring: UsersQuery,
        response: responses({ 200: answer(UserList, 'The users, or a page of them.') }),
      },
    },
    async (request) => {
      const { ids, after, limit } = request.query;
      if (ids !== undefined && after !== undefined) {
        throw new ImError('invalid_request', 'Give "ids" or "after", not both: users that are named have one page.');
      }
      if (ids !== undefined) return { items: await request.space.users.some(uidsOf(ids, 'querystring/ids')) };
      if (request.caller.kind !== 'server') {
        throw new ImError('forbidden', 'Only a server key lists all users. Name some, for example ?ids=alice,bob.');
      }
      return request.space.users.list({ limit, after });
    },
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
          'exists; with `messages=erase` they are erased, as their sender could have, in groups that the user has left, too. ' +
          'This takes as long as there are messages, and goes on where the client hangs up; if it ends with ' +
          '`outcome_unknown`, or without an answer, the same request again finishes it. Refused with `owner_must_hand_over` ' +
          'while the user owns a group. Only for a server key. Idempotent; a uid that nobody ever had is `user_not_found`, ' +
          'and so is, with `messages=erase`, one that was removed without.',
        params: UserParams,
        querystring: RemovalQuery,
        response: responses(
          { 204: nothing('The user is removed.') },
          'user_not_found',
          'owner_must_hand_over',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      await request.space.users.remove(request.params.uid, { erasesMessages: request.query.messages === 'erase' });
      return reply.status(204).send(null);
    },
  );
}

function checkAttributes({ kind }: Actor, attributes: object | undefined): void {
  if (attributes && kind !== 'server') {
    throw new ImError(
      'forbidden',
      'Attributes are written by a server key alone: leave "attributes" out, or use "fields".',
    );
  }
}
