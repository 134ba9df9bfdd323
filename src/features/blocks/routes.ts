import type { App } from '../../http/fastify.ts';
import { PeerParams, pageQuery, SelfParams } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { Block, BlockList } from './schemas.ts';

const MAX_PAGE = 1_000;

/** Whom a user wants to hear nothing of. */
export function blockRoutes(app: App): void {
  app.get(
    '/v1/users/:uid/blocks',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listBlocks',
        tags: ['blocks'],
        summary: 'List whom one has blocked',
        description: 'The oldest block first. For the user itself, or a server key.',
        params: SelfParams,
        querystring: pageQuery(MAX_PAGE, 'blocks', '1763900311455,mallory'),
        response: responses({ 200: answer(BlockList, 'A page of blocks.') }, 'invalid_cursor'),
      },
    },
    (request) => request.space.blocks.list(request.params.uid, request.query),
  );

  app.put(
    '/v1/users/:uid/blocks/:peer',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'putBlock',
        tags: ['blocks'],
        summary: 'Block somebody',
        description:
          'Until it is unblocked, the other person can send nothing to the user, edit nothing and react to nothing in their ' +
          'direct chat, nor link the user or ask to join its groups: all that is refused with `blocked`. The user can send ' +
          'nothing either (`must_unblock`). Neither learns what the other has read or that it is typing, and the other one not whether the user is there. Groups that both are in ' +
          'go on as before. Nobody is told. For the user itself, or a server key. Idempotent.',
        params: PeerParams,
        response: responses(
          { 201: answer(Block, 'The person is blocked now.'), 200: answer(Block, 'The person was blocked already.') },
          'user_not_found',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      const { block, created } = await request.space.blocks.block(request.params.uid, request.params.peer);
      return reply.status(created ? 201 : 200).send(block);
    },
  );

  app.delete(
    '/v1/users/:uid/blocks/:peer',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteBlock',
        tags: ['blocks'],
        summary: 'Unblock somebody',
        description:
          'The other person may write again; what was refused meanwhile does not arrive. Nobody is told. For the user itself, ' +
          'or a server key. Idempotent: without a block it answers the same.',
        params: PeerParams,
        response: responses({ 204: nothing('There is no block.') }),
      },
    },
    async (request, reply) => {
      await request.space.blocks.unblock(request.params.uid, request.params.peer);
      return reply.status(204).send(null);
    },
  );
}
