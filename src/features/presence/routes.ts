import { ImError } from '../../domain/errors.ts';
import type { App } from '../../http/fastify.ts';
import { uidsOf } from '../../http/openapi/params.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import { PresenceList, PresenceQuery } from './schemas.ts';

/** Who is there. */
export function presenceRoutes(app: App): void {
  app.get(
    '/v1/presence',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'listPresence',
        tags: ['users'],
        summary: 'See who is there',
        description:
          'Of up to 100 users, in the order asked, whether each has a stream open, and if not, when it last had. A user may ' +
          'know it of oneself, and of those who have that user as a contact or in a direct chat; the others are left out. ' +
          'A server key may know it of all. Who has gone stays for 10 seconds, as one does who comes back; where a node has ' +
          'died, for up to 45. To be told of changes, open a stream with `watch`. With `PRESENCE=off` it is `presence_off`.',
        querystring: PresenceQuery,
        response: responses({ 200: answer(PresenceList, 'Those of whom the caller may know.') }, 'presence_off'),
      },
    },
    async (request) => {
      const { presence } = request.space;
      const uids = uidsOf(request.query.ids, 'querystring/ids');
      if (!presence) throw new ImError('presence_off', 'PRESENCE is off here: nothing is kept of who is there.');
      return { items: await presence.list(request.caller, uids) };
    },
  );
}
