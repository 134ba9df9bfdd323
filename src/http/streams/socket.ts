import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ByeReason } from '../../delivery/sink.ts';
import { positionOf, type Source, type Start } from '../../delivery/source.ts';
import { type Member, SocketSession } from '../../delivery/transports/socket-session.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { hasBearer, refusalOf } from '../auth/auth.ts';
import type { App } from '../fastify.ts';
import { BODY_LIMIT } from '../plugins/body-limit.ts';
import { identify, perform, tell } from '../plugins/framed-requests.ts';
import { problemOf } from '../plugins/problem.ts';
import { asksForWebSocket, openWebSocket } from '../plugins/upgrade.ts';
import type { Space } from '../space.ts';
import { endIfRefused, type Streaming, serverKeyOf } from './stream.ts';

/** The largest body that a user may send, and the frame around it. */
const MAX_FRAME = BODY_LIMIT.fields + BODY_LIMIT.small;

export interface SocketsOptions extends Streaming {
  /** The time between two pings, ms. */
  heartbeatMs: number;
  /** Web origins that may open a socket beside the service's own; `*` is any. */
  corsOrigins: readonly string[];
}

/** What one socket follows. */
interface Followed {
  /** The user of the path, or `me` where no credential has come yet. */
  uid: Uid;
  /** The source as this user of a space follows it. */
  sourceOf(space: Space, uid: Uid): Source;
  start: Start;
  watched: readonly Uid[];
}

/** Opens WebSockets: events of a stream, and requests in frames. They are sent away when the service stops. */
export class Sockets {
  readonly #app: App;
  readonly #options: SocketsOptions;
  readonly #sessions = new Set<SocketSession>();

  constructor(app: App, options: SocketsOptions) {
    this.#app = app;
    this.#options = options;
    app.addHook('preClose', async () => {
      for (const session of this.#sessions) session.drain();
    });
  }

  /** @throws what the source refuses; ImError `upgrade_required`, `forbidden` */
  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    { uid, sourceOf, start, watched }: Followed,
  ): Promise<FastifyReply> {
    const { hub, heartbeatMs, corsOrigins } = this.#options;
    const app = this.#app;
    const { space } = request;
    const source = sourceOf(space, uid);
    // Who comes without a credential learns nothing of who is here.
    const position = request.caller ? await positionOf(source, start) : undefined;
    const member: Member | undefined = position && {
      uid,
      source,
      position,
      authorization: hasBearer(request) ? request.headers.authorization : undefined,
      expiresAt: request.caller.expiresAt,
      serverKey: serverKeyOf(request.caller),
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
          const sayBye = (reason: ByeReason) => {
            const { position: cursor } = who;
            sink.event('bye', cursor, JSON.stringify({ reason, cursor }));
            sink.flush();
            sink.end();
          };
          if (!hub.admits(who.source.space, who.uid)) {
            sayBye('too_many_subscribers');
            return () => {};
          }
          const { position: start, expiresAt, serverKey } = who;
          const subscriber = hub.subscribe(who.source, { start, openSink: () => sink, expiresAt, watched, serverKey });
          webSocket.once('close', () => hub.unsubscribe(subscriber));
          subscriber.opened.then(
            (ending) => ending && sayBye(ending.reason),
            // Where Redis can't be asked the client comes back.
            (error: unknown) => sayBye(who.source.endedBy(error) ?? 'shutdown'),
          );
          endIfRefused(hub, subscriber, who.refusal());
          return (renewed) => {
            subscriber.expiresAt = renewed.expiresAt;
            subscriber.serverKey = renewed.serverKey;
          };
        },
      },
      member,
    );
    this.#sessions.add(session);
    webSocket.once('close', () => this.#sessions.delete(session));
    return reply;
  }
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
