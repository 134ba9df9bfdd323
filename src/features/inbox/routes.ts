import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Hub } from '../../delivery/hub.ts';
import type { ByeReason } from '../../delivery/sink.ts';
import type { Start } from '../../delivery/source.ts';
import type { Subscriber } from '../../delivery/subscriber.ts';
import { EventStream } from '../../delivery/transports/event-stream.ts';
import { poll } from '../../delivery/transports/long-poll.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { type Cursor, parseStreamId } from '../../domain/stream-ids.ts';
import { refusalOf, refusedBy } from '../../http/auth/auth.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { UserParams, uidsOf } from '../../http/openapi/params.ts';
import { complaint, START_PATTERN } from '../../http/openapi/patterns.ts';
import { problems } from '../../http/openapi/problem.ts';
import { wireForm } from '../../http/plugins/accept.ts';
import type { TokenRefusal } from '../tokens/revocations.ts';
import { StreamEvent } from './event-schemas.ts';
import { InboxSource } from './inbox-source.ts';
import { InboxQuery, Inbox as InboxSchema, StreamHeaders, StreamQuery } from './schemas.ts';

const EVENTS = `Events:
- \`ready\` at once, so that you always have a cursor; with \`heartbeatMs\`, the time between two heartbeats
- \`message\`: a Message, as in the history
- \`gap\`: a Gap; something is missing, and \`backfill\` says where to find it
- \`heartbeat\`: you have everything up to now; the server has just compared
- \`bye\`: the stream ends, and \`reason\` says why: shutdown, token_expired, token_revoked, suspended, user_removed, space_removed, too_slow, too_many_subscribers

Each carries a cursor as its \`id\`. Beside them, without one, what need not last:
- \`read\`: somebody, or another device of the user, has read a conversation up to a message
- \`typing\`, \`presence\`, \`reaction\`: somebody types; came or went; has reacted
- \`conversation\`: the user's own settings of one have changed
- \`stale\`: some of these may have been missed, or the stream has just opened: read anew what they are about

With \`Accept: application/x-ndjson\` each event is one line, a \`StreamEvent\`; its
\`data\` is that of Server-Sent Events, too.`;

export interface InboxRoutesOptions {
  hub: Hub;
  /** Whether anybody is told who is there. */
  presence: boolean;
}

/** What happens to a user: by long-poll, or as a stream. */
export function inboxRoutes(app: App, { hub, presence }: InboxRoutesOptions): void {
  app.get(
    '/v1/users/:uid/inbox',
    {
      config: { access: 'self' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'readInbox',
        tags: ['inbox'],
        summary: 'Read the inbox, or wait for something new',
        description:
          'Everything that happened to the user after `start`, the oldest first; without parameters, from the oldest entry ' +
          'kept. Pass `next` as `start`, and nothing is missed or seen twice; with `block` the answer then waits until there ' +
          'is something. For the user itself, or a server key.',
        params: UserParams,
        querystring: InboxQuery,
        response: {
          200: { description: 'What happened; no items if nothing did in time.', ...ref(InboxSchema) },
          ...problems('invalid_cursor', 'user_not_found', 'too_many_subscribers'),
        },
      },
    },
    async (request, reply) => {
      const { space } = request;
      const { uid } = request.params;
      const { start = '0', count, block } = request.query;
      if (block > 0 && request.query.start === undefined) {
        throw new ImError(
          'invalid_request',
          '"block" needs a "start": the place to wait after. For whatever happens next: ?start=$&block=10000. To go on after ' +
            'what you have read, its "next": ?start=1763900000123-17&block=10000.',
        );
      }
      const source = new InboxSource(space.inbox, uid);
      const position = await source.resolve(parseStart(start));
      // What does not wait takes no place.
      if (block > 0 && !hub.admits(space.name, uid)) {
        throw new ImError('too_many_subscribers', 'Too many streams and long-polls are open here.', {
          retryAfter: 1 + Math.floor(Math.random() * 5),
        });
      }
      const check = async () => {
        const refusal = await refusalOf(request.caller, space.revocations);
        if (refusal) throw refusedBy(refusal);
      };
      const page = await poll(hub, source, position, { count, blockMs: block, signal: whenGone(reply), check });
      return {
        items: page.items.map(({ cursor, message }) => ({ cursor, ...message })),
        next: page.next,
        ...(page.gap ? { gap: page.gap } : {}),
      };
    },
  );

  app.get(
    '/v1/users/:uid/inbox/stream',
    {
      config: { access: 'stream' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamInbox',
        tags: ['inbox'],
        summary: 'Follow the inbox live',
        description:
          `Server-Sent Events, from \`start\` or \`Last-Event-ID\` on without an end. ${EVENTS}\n\n` +
          'For the user itself, a server key, or with a ticket.',
        params: UserParams,
        querystring: StreamQuery,
        headers: StreamHeaders,
        response: {
          200: {
            description: 'The events.',
            content: {
              'text/event-stream': { schema: { type: 'string' } },
              'application/x-ndjson': { schema: StreamEvent },
            },
          },
          ...problems('invalid_cursor', 'user_not_found', 'not_acceptable', 'presence_off'),
        },
      },
    },
    async (request, reply) => {
      const { space } = request;
      const { uid } = request.params;
      const form = wireForm(request.headers.accept);
      if (!form) {
        throw new ImError(
          'not_acceptable',
          'Send "Accept: text/event-stream" for Server-Sent Events, or "Accept: application/x-ndjson" for one JSON ' +
            'object a line.',
        );
      }
      const watched = watchedBy(request.query.watch, presence);
      // An EventSource without a last event sends an empty header, or none.
      const source = new InboxSource(space.inbox, uid);
      const position = await source.resolve(parseStart(request.headers['last-event-id'] || request.query.start));
      const gone = whenGone(reply);
      if (gone.aborted) return reply.hijack();
      reply.hijack();
      const stream = new EventStream(reply.raw, reply.getHeaders() as OutgoingHttpHeaders, form);
      if (!hub.admits(space.name, uid)) {
        // A 503 would be the end: no EventSource comes back from one.
        const retryMs = 1_000 + Math.floor(Math.random() * 9_000);
        const bye = { reason: 'too_many_subscribers' satisfies ByeReason, cursor: position };
        stream.event('bye', position, JSON.stringify(bye), retryMs);
        stream.flush();
        stream.end();
        return reply;
      }
      const subscriber = hub.subscribe(source, position, stream, request.caller.expiresAt, watched);
      gone.addEventListener('abort', () => hub.unsubscribe(subscriber));
      void endIfRefused(hub, subscriber, () => refusalOf(request.caller, space.revocations));
      return reply;
    },
  );
}

/**
 * Ends a stream whose token was refused while it was opened: the signal that ends a user's streams found none yet.
 *
 * @param refusal why the token is refused by now
 */
export async function endIfRefused(
  hub: Hub,
  subscriber: Subscriber,
  refusal: () => TokenRefusal | undefined | Promise<TokenRefusal | undefined>,
): Promise<void> {
  try {
    const why = await refusal();
    if (why) hub.end(subscriber, why);
  } catch {
    // Redis can't be asked: the client comes back, and is asked for its token then.
    hub.end(subscriber, 'shutdown');
  }
}

/** @throws ImError `invalid_cursor`, with a right one */
export function parseStart(start: string): Start {
  if (start === '0') return 'oldest';
  if (start === '$') return 'now';
  if (parseStreamId(start)) return start as Cursor;
  throw new ImError('invalid_cursor', `${complaint(START_PATTERN, start)}.`);
}

/**
 * The users that a stream asks to be told of.
 *
 * @throws ImError `presence_off`
 */
export function watchedBy(watch: string | undefined, presence: boolean): Uid[] {
  if (watch === undefined) return [];
  if (!presence) throw new ImError('presence_off', 'PRESENCE is off here: leave out "watch".');
  return [...new Set(uidsOf(watch, 'querystring/watch'))];
}

/** Aborts when the client has gone, also if it already has. */
function whenGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  if (raw.destroyed || raw.closed) controller.abort();
  else raw.once('close', () => controller.abort());
  return controller.signal;
}
