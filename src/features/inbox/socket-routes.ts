import type { FastifyRequest } from 'fastify';
import type { Hub } from '../../delivery/hub.ts';
import { type Member, SocketSession } from '../../delivery/transports/socket-session.ts';
import { ImError } from '../../domain/errors.ts';
import { hasBearer, refusalOf } from '../../http/auth/auth.ts';
import type { App } from '../../http/fastify.ts';
import { UserParams } from '../../http/openapi/params.ts';
import { problems } from '../../http/openapi/problem.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { identify, perform, tell } from '../../http/plugins/framed-requests.ts';
import { problemOf } from '../../http/plugins/problem.ts';
import { asksForWebSocket, openWebSocket } from '../../http/plugins/upgrade.ts';
import { InboxSource } from './inbox-source.ts';
import { endIfRefused, parseStart, watchedBy } from './routes.ts';
import { StreamQuery } from './schemas.ts';
import { SocketFrame } from './socket-schemas.ts';

/** The largest body that a user may send, and the frame around it. */
const MAX_FRAME = BODY_LIMIT.fields + BODY_LIMIT.small;

const DESCRIPTION = `The events of the stream, each a text frame: a \`StreamEvent\`. \`start\`, \`watch\` and \`bye\` are as there.

**Who calls**: \`Authorization\`; or a ticket, which only receives; or neither, and then the first frame is a \`SocketToken\`,
within 5 s. A later one, of the same user, takes the place of the credential and moves the end of the socket. Where no
\`Authorization\` comes, a browser's \`Origin\` must be this server's own or one of \`CORS_ORIGINS\`.

**Requests**: other frames are a \`SocketRequest\`, done one after the other and answered in this order, each with a
\`SocketAnswer\`. At most 32 wait; one more is answered 429.

**Close codes** beside the standard ones: 4401 \`token_expired\`, \`token_revoked\`, or no
credential that is good; 4403 \`suspended\`, or a token of another user, 4404 \`user_removed\` or there is none, \`space_removed\`, 4408 \`too_slow\`, 4429 \`too_many_subscribers\`, 1001 \`shutdown\`; 1003 a binary
frame, 1008 too many frames that could not be read, 1009 a frame of more than 516 KiB, 1013 try again later.`;

export interface SocketRoutesOptions {
  hub: Hub;
  /** The time between two pings, ms. */
  heartbeatMs: number;
  /** Web origins that may open a socket beside the service's own; `*` is any. */
  corsOrigins: readonly string[];
  /** Whether anybody is told who is there. */
  presence: boolean;
}

/** An inbox over a WebSocket, and requests in its frames. */
export function socketRoutes(app: App, { hub, heartbeatMs, corsOrigins, presence }: SocketRoutesOptions): void {
  const sessions = new Set<SocketSession>();
  app.addHook('preClose', async () => {
    for (const session of sessions) session.drain();
  });

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
      const start = parseStart(request.query.start);
      const watched = watchedBy(request.query.watch, presence);
      // Who comes without a credential learns nothing of who is here.
      const { space } = request;
      const source = new InboxSource(space.inbox, request.params.uid);
      const position = request.caller ? await source.resolve(start) : undefined;
      const member: Member | undefined = position && {
        uid: request.params.uid,
        source,
        position,
        authorization: hasBearer(request) ? request.headers.authorization : undefined,
        expiresAt: request.caller.expiresAt,
        refusal: () => refusalOf(request.caller, space.revocations),
      };
      if (member && tell(request, member)) return reply.status(204).send();
      if (!asksForWebSocket(request)) {
        throw new ImError('upgrade_required', 'This is opened by a WebSocket client: new WebSocket("ws://…").', {
          headers: { upgrade: 'websocket', connection: 'upgrade' },
        });
      }
      if (!hasBearer(request)) checkOrigin(request, corsOrigins);
      const webSocket = openWebSocket(request, reply, MAX_FRAME);
      const { url, ip: remoteAddress } = request;
      const session = new SocketSession(
        webSocket,
        request.raw.socket,
        {
          pingMs: heartbeatMs,
          identify: (token) =>
            identify<Member>(app, { method: 'GET', path: url, authorization: `Bearer ${token}`, remoteAddress }),
          perform: (frame, authorization) => perform(app, { ...frame, authorization, remoteAddress }),
          problem: (error) => JSON.stringify(problemOf(error, request.id)),
          failed: (error) => request.log.error({ err: error }, 'a socket failed'),
          subscribe(who, sink) {
            // Gone while its credential was checked.
            if (webSocket.readyState !== webSocket.OPEN) return () => {};
            if (!hub.admits(who.source.space, who.uid)) {
              const { position: cursor } = who;
              sink.event('bye', cursor, JSON.stringify({ reason: 'too_many_subscribers', cursor }));
              sink.flush();
              sink.end();
              return () => {};
            }
            const subscriber = hub.subscribe(who.source, who.position, sink, who.expiresAt, watched);
            webSocket.once('close', () => hub.unsubscribe(subscriber));
            void endIfRefused(hub, subscriber, who.refusal);
            return (expiresAt) => {
              subscriber.expiresAt = expiresAt;
            };
          },
        },
        member,
      );
      sessions.add(session);
      webSocket.once('close', () => sessions.delete(session));
      return reply;
    },
  );
}

/**
 * A page of another site must not open a socket with a ticket or token that a browser has in its hands. What is no browser
 * sends no origin.
 *
 * @throws ImError `forbidden`
 */
function checkOrigin({ headers, host }: FastifyRequest, allowed: readonly string[]): void {
  const { origin } = headers;
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  // Whether a proxy in front speaks TLS can't be seen from here.
  if (origin.replace(/^https?:\/\//i, '').toLowerCase() === host.toLowerCase()) return;
  throw new ImError(
    'forbidden',
    `Pages of ${origin.slice(0, 200)} may not open a socket; to let them, add it to CORS_ORIGINS.`,
  );
}
