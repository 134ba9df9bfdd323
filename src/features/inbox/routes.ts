import { ImError } from '../../domain/errors.ts';
import { isStreamId } from '../../domain/stream-ids.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { UserParams } from '../../http/openapi/params.ts';
import { START_PATTERN } from '../../http/openapi/patterns.ts';
import { problems } from '../../http/openapi/problem.ts';
import { formOf, openStream, pollPage, type Streaming, startIn, watchedBy } from '../../http/streams/stream.ts';
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

/** What happens to a user: by long-poll, or as a stream. */
export function inboxRoutes(app: App, { streaming }: { streaming: Streaming }): void {
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
      const { uid } = request.params;
      const { start = '0', count, block } = request.query;
      if (block > 0 && request.query.start === undefined) {
        throw new ImError(
          'invalid_request',
          '"block" needs a "start": the place to wait after. For whatever happens next: ?start=$&block=10000. To go on after ' +
            'what you have read, its "next": ?start=1763900000123-17&block=10000.',
        );
      }
      const source = new InboxSource(request.space.inbox, uid);
      const page = await pollPage(streaming, request, reply, { source, start: parseStart(start), count, block });
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
      const form = formOf(request);
      return openStream(streaming, request, reply, {
        source: new InboxSource(request.space.inbox, request.params.uid),
        // An EventSource without a last event sends an empty header, or none.
        start: parseStart(request.headers['last-event-id'] || request.query.start),
        watched: watchedBy(request.query.watch, streaming.presence),
        form,
      });
    },
  );
}

/** @throws ImError `invalid_cursor`, with a right one */
export const parseStart = (start: string) => startIn(start, isStreamId, START_PATTERN);
