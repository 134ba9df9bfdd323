import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Hub } from '../../delivery/hub.ts';
import { positionOf, type Source, type Start, type StreamItem, type StreamPage } from '../../delivery/source.ts';
import type { Ending, Subscriber } from '../../delivery/subscriber.ts';
import { EventStream } from '../../delivery/transports/event-stream.ts';
import type { WireForm } from '../../delivery/transports/frames.ts';
import { poll } from '../../delivery/transports/long-poll.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { TokenRefusal } from '../../features/tokens/revocations.ts';
import { refusalOf, refusedBy } from '../auth/auth.ts';
import type { Caller } from '../auth/caller.ts';
import { uidsOf } from '../openapi/params.ts';
import { complaint } from '../openapi/patterns.ts';
import { wireForm } from '../plugins/accept.ts';

/** What opens streams and long-polls, of whatever source. */
export interface Streaming {
  hub: Hub;
  /** Whether anybody is told who is there. */
  presence: boolean;
}

type Call = Pick<FastifyRequest, 'caller' | 'space' | 'headers'>;

/** The form that a request wants its events in. @throws ImError `not_acceptable` */
export function formOf({ headers }: Call): WireForm {
  const form = wireForm(headers.accept);
  if (form) return form;
  throw new ImError(
    'not_acceptable',
    'Send "Accept: text/event-stream" for Server-Sent Events, or "Accept: application/x-ndjson" for one JSON ' +
      'object a line.',
  );
}

/**
 * Where a reader starts, as a query says it.
 *
 * @param pattern what is taken: for the words about what is not
 * @throws ImError `invalid_cursor`, with a right one
 */
export function startIn(text: string, isCursor: (text: string) => boolean, pattern: string): Start {
  if (text === '0') return 'oldest';
  if (text === '$') return 'now';
  if (isCursor(text)) return text as Cursor;
  throw new ImError('invalid_cursor', `${complaint(pattern, text)}.`);
}

/**
 * Answers with a stream of events, without an end; when it is full here, with one that says so.
 *
 * @throws what the source refuses, before anything is answered
 */
export async function openStream(
  { hub }: Streaming,
  request: Call,
  reply: FastifyReply,
  { source, start, watched, form }: { source: Source; start: Start; watched: readonly Uid[]; form: WireForm },
): Promise<FastifyReply> {
  const { raw } = reply;
  const openSink = () => {
    reply.hijack();
    return new EventStream(raw, reply.getHeaders() as OutgoingHttpHeaders, form);
  };
  /** A 503 would be the end: no EventSource comes back from one. */
  const sayBye = async ({ reason, retryMs }: Ending) => {
    const cursor = await positionOf(source, start);
    const stream = openSink();
    stream.event('bye', cursor, JSON.stringify({ reason, cursor }), retryMs);
    stream.flush();
    stream.end();
    return reply;
  };
  if (!hub.admits(source.space, source.reader)) {
    return sayBye({ reason: 'too_many_subscribers', retryMs: 1_000 + Math.floor(Math.random() * 9_000) });
  }
  if (raw.destroyed || raw.closed) return reply.hijack();
  const { caller } = request;
  const { expiresAt } = caller;
  const opening = { start, openSink, expiresAt, watched, serverKey: serverKeyOf(caller) };
  const subscriber = hub.subscribe(source, opening);
  const leave = () => hub.unsubscribe(subscriber);
  raw.once('close', leave);
  endIfRefused(hub, subscriber, refusalOf(caller, request.space.revocations));
  try {
    const ending = await subscriber.opened;
    if (ending) return await sayBye(ending);
  } catch (error) {
    leave();
    throw error;
  }
  // The client may have gone while the page was read.
  return reply.hijack();
}

/**
 * One page of a stream; where there is nothing, after waiting for something.
 *
 * @throws what the source refuses; ImError `too_many_subscribers`
 */
export async function pollPage<Item extends StreamItem>(
  { hub }: Streaming,
  request: Call,
  reply: FastifyReply,
  { source, start, count, block }: { source: Source<Item>; start: Start; count: number; block: number },
): Promise<StreamPage<Item>> {
  // What does not wait takes no place.
  if (block > 0 && !hub.admits(source.space, source.reader)) {
    throw new ImError('too_many_subscribers', 'Too many streams and long-polls are open here.', {
      retryAfter: 1 + Math.floor(Math.random() * 5),
    });
  }
  const check = async () => {
    const refusal = await refusalOf(request.caller, request.space.revocations);
    if (refusal) throw refusedBy(refusal);
  };
  return poll(hub, source, start, { count, blockMs: block, signal: whenGone(reply), check });
}

/**
 * Ends a stream whose token was refused while it was opened: the signal that ends a user's streams found none yet.
 *
 * @param refusal why the token is refused by now
 */
export function endIfRefused(
  hub: Hub,
  subscriber: Subscriber,
  refusal: TokenRefusal | undefined | Promise<TokenRefusal | undefined>,
): void {
  const end = (why: TokenRefusal | undefined) => {
    if (why) hub.end(subscriber, why);
  };
  // Redis can't be asked: the client comes back, and is asked for its token then.
  if (refusal instanceof Promise) refusal.then(end, () => hub.end(subscriber, 'shutdown'));
  else end(refusal);
}

/** The server key of a caller that is one. */
export function serverKeyOf(caller: Caller): string | undefined {
  return caller.kind === 'server' ? caller.key : undefined;
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
