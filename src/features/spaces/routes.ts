import { ImError } from '../../domain/errors.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { pageQuery } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import type { SpaceJanitor } from './janitor.ts';
import { NewSpace, ServerKey, ServerKeyInput, Space, SpaceInput, SpaceList, SpaceParams } from './schemas.ts';
import type { Spaces } from './spaces.ts';

const MAX_PAGE = 1_000;
/** How long a former server key stays good, s. */
const GRACE_S = 86_400;

export interface SpaceRoutesOptions {
  spaces: Spaces;
  areOn: boolean;
  janitor: SpaceJanitor | undefined;
  /** What is set up for a space has changed: this node knows before it is answered, others soon. */
  changed(name: SpaceName): void;
}

/** Spaces, for those who run the service. */
export function spaceRoutes(app: App, { spaces, areOn, janitor, changed }: SpaceRoutesOptions): void {
  const check = async () => {
    if (!areOn) throw new ImError('spaces_off', 'SPACES is off here: set SPACES=on, and ADMIN_KEYS.');
  };

  app.get(
    '/v1/spaces',
    {
      config: { access: 'operator' },
      preHandler: check,
      schema: {
        operationId: 'listSpaces',
        tags: ['spaces'],
        summary: 'List the spaces',
        description: 'In the order of their names. Only with a key of `ADMIN_KEYS`.',
        querystring: pageQuery(MAX_PAGE, 'spaces', 'acme'),
        response: responses({ 200: answer(SpaceList, 'A page of spaces.') }, 'spaces_off'),
      },
    },
    (request) => spaces.list(request.query),
  );

  app.get(
    '/v1/spaces/:space',
    {
      config: { access: 'operator' },
      preHandler: check,
      schema: {
        operationId: 'getSpace',
        tags: ['spaces'],
        summary: 'Read a space',
        description: 'How it is set up, without its secrets. Only with a key of `ADMIN_KEYS`.',
        params: SpaceParams,
        response: responses({ 200: answer(Space, 'The space.') }, 'space_not_found', 'spaces_off'),
      },
    },
    (request) => spaces.get(request.params.space),
  );

  app.put(
    '/v1/spaces/:space',
    {
      config: { access: 'operator' },
      preHandler: check,
      schema: {
        operationId: 'putSpace',
        tags: ['spaces'],
        summary: 'Make a space, or set it up anew',
        description:
          'A space has users, groups, messages and credentials of its own, and knows nothing of the others. Every path is the ' +
          'same there: the credential decides. `serverKey` is told when the space is made, and never again. Of one that is ' +
          'there, limits and who signs its tokens become what is given, absent is none; its keys and data stay. Only with a ' +
          'key of `ADMIN_KEYS`.',
        params: SpaceParams,
        body: ref(SpaceInput),
        response: responses(
          { 201: answer(NewSpace, 'The space is made.'), 200: answer(Space, 'It was there, and is set up anew.') },
          'issuer_taken',
          'space_removed',
          'spaces_off',
        ),
      },
    },
    async (request, reply) => {
      const { jwtSecret, jwks } = request.body;
      if (jwtSecret && jwks) {
        throw new ImError(
          'invalid_request',
          'User tokens come from "jwks", or are signed with "jwtSecret": leave out one.',
        );
      }
      const { serverKey, ...space } = await spaces.put(request.params.space, request.body);
      changed(request.params.space);
      return serverKey ? reply.status(201).send({ ...space, serverKey }) : reply.status(200).send(space);
    },
  );

  app.post(
    '/v1/spaces/:space/server-key',
    {
      config: { access: 'operator' },
      preHandler: check,
      schema: {
        operationId: 'rotateServerKey',
        tags: ['spaces'],
        summary: 'Make another server key for a space',
        description:
          'The key before it stays good for `graceSeconds`, or ends at once with 0; those before that one end at once. Only ' +
          'with a key of `ADMIN_KEYS`.',
        params: SpaceParams,
        body: ref(ServerKeyInput),
        response: responses({ 201: answer(ServerKey, 'The key.') }, 'space_not_found', 'space_removed', 'spaces_off'),
      },
    },
    async (request, reply) => {
      const rotated = await spaces.rotate(request.params.space, request.body.graceSeconds ?? GRACE_S);
      changed(request.params.space);
      return reply.status(201).send(rotated);
    },
  );

  app.delete(
    '/v1/spaces/:space',
    {
      config: { access: 'operator' },
      preHandler: check,
      schema: {
        operationId: 'deleteSpace',
        tags: ['spaces'],
        summary: 'Remove a space with all that is in it',
        description:
          'At once nobody gets in any more (410 `space_removed`, and 401 once all is gone), and its streams end. Its keys are ' +
          'taken beside, by whichever node goes on; until then its name is not free. Only with a key of `ADMIN_KEYS`. Can be ' +
          'repeated.',
        params: SpaceParams,
        response: responses({ 204: nothing('The space is being removed, or there is none.') }, 'spaces_off'),
      },
    },
    async (request, reply) => {
      const { space } = request.params;
      await spaces.remove(space);
      changed(space);
      janitor?.removed(space);
      return reply.status(204).send(null);
    },
  );
}
