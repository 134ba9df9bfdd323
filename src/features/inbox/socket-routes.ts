import type { App } from '../../http/fastify.ts';
import { UserParams } from '../../http/openapi/params.ts';
import { problems } from '../../http/openapi/problem.ts';
import type { Sockets } from '../../http/streams/socket.ts';
import { watchedBy } from '../../http/streams/stream.ts';
import { InboxSource } from './inbox-source.ts';
import { parseStart } from './routes.ts';
import { StreamQuery } from './schemas.ts';
import { SocketFrame } from './socket-schemas.ts';

const DESCRIPTION = `The events of the stream, each a text frame: a \`StreamEvent\`. \`start\`, \`watch\` and \`bye\` are as there.

**Who calls**: \`Authorization\`; or a ticket, which only receives; or neither, and then the first frame is a \`SocketToken\`,
within 5 s. A later one, of the same user, takes the place of the credential and moves the end of the socket. Where no
\`Authorization\` comes, a browser's \`Origin\` must be this server's own or one of \`CORS_ORIGINS\`.

**Requests**: other frames are a \`SocketRequest\`, done one after the other and answered in this order, each with a
\`SocketAnswer\`. At most 32 wait; one more is answered 429.

**Close codes** beside the standard ones: 4401 \`token_expired\`, \`token_revoked\`, or no
credential that is good; 4403 \`suspended\`, or a token of another user, 4404 \`user_removed\` or there is none, \`space_removed\`, 4408 \`too_slow\`, 4429 \`too_many_subscribers\`, 1001 \`shutdown\`; 1003 a binary
frame, 1008 too many frames that could not be read, 1009 a frame of more than 516 KiB, 1013 try again later.`;

/** An inbox over a WebSocket, and requests in its frames. */
export function socketRoutes(app: App, { sockets, presence }: { sockets: Sockets; presence: boolean }): void {
  app.get(
    '/v1/users/:uid/inbox/socket',
    {
      config: { access: 'socket' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'openSocket',
        tags: ['inbox'],
        summary: 'Follow the inbox and make requests over a WebSocket',
        description: DESCRIPTION,
        params: UserParams,
        querystring: StreamQuery,
        response: {
          101: {
            description: 'The WebSocket is open. These are its frames.',
            content: { 'application/json': { schema: SocketFrame } },
          },
          ...problems('invalid_cursor', 'user_not_found', 'upgrade_required', 'presence_off'),
        },
      },
    },
    async (request, reply) => {
      return sockets.open(request, reply, {
        uid: request.params.uid,
        sourceOf: (space, uid) => new InboxSource(space.inbox, uid),
        start: parseStart(request.query.start),
        watched: watchedBy(request.query.watch, presence),
      });
    },
  );
}
