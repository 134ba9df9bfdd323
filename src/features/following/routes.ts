import { READING_REFUSALS } from '../../domain/refusals.ts';
import type { App } from '../../http/fastify.ts';
import { ConversationParams } from '../../http/openapi/params.ts';
import { LOG_START_PATTERN } from '../../http/openapi/patterns.ts';
import { problems } from '../../http/openapi/problem.ts';
import type { Sockets } from '../../http/streams/socket.ts';
import { formOf, openStream, type Streaming, startIn, watchedBy } from '../../http/streams/stream.ts';
import { parseLogCursor } from './log-cursor.ts';
import { LogSource } from './log-source.ts';
import { ConversationStreamEvent, LogStreamHeaders, LogStreamQuery } from './schemas.ts';

const DESCRIPTION = `What is written in one conversation, as it was written: messages, changes of them (\`edit\`, \`erase\`) and system events.
What was erased since is told as \`gone\`, in its place. The events are those of \`…/inbox/stream\`, with a cursor of their own; signals are
those of this conversation. Who may not read it any more is sent away: \`bye\` with \`not_member\` or \`group_removed\`.`;

export interface FollowingRoutesOptions {
  streaming: Streaming;
  sockets: Sockets;
}

/** One conversation, as a stream or over a WebSocket. */
export function followingRoutes(app: App, { streaming, sockets }: FollowingRoutesOptions): void {
  app.get(
    '/v1/users/:uid/conversations/:conversation/stream',
    {
      config: { access: 'stream' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamConversation',
        tags: ['messages'],
        summary: 'Follow one conversation live',
        description: `${DESCRIPTION}\n\nFor the user itself (in a group, as long as a member), a server key, or with a ticket.`,
        params: ConversationParams,
        querystring: LogStreamQuery,
        headers: LogStreamHeaders,
        response: {
          200: {
            description: 'The events.',
            content: {
              'text/event-stream': { schema: { type: 'string' } },
              'application/x-ndjson': { schema: ConversationStreamEvent },
            },
          },
          ...problems('invalid_cursor', ...READING_REFUSALS, 'not_acceptable', 'presence_off'),
        },
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      const form = formOf(request);
      return openStream(streaming, request, reply, {
        source: new LogSource(request.space.logReader, uid, conversation),
        // An EventSource without a last event sends an empty header, or none.
        start: parseStart(request.headers['last-event-id'] || request.query.start),
        watched: watchedBy(request.query.watch, streaming.presence),
        form,
      });
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/socket',
    {
      config: { access: 'socket' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'openConversationSocket',
        tags: ['messages'],
        summary: 'Follow one conversation over a WebSocket',
        description:
          'The events of the stream of the conversation, each a text frame: a `ConversationStreamEvent`. Credentials, requests ' +
          'and close codes are as for `…/inbox/socket`; 4403 is `not_member`, too, and 4404 `group_removed`.',
        params: ConversationParams,
        querystring: LogStreamQuery,
        response: {
          101: {
            description: 'The WebSocket is open. These are its frames.',
            content: { 'application/json': { schema: ConversationStreamEvent } },
          },
          ...problems('invalid_cursor', ...READING_REFUSALS, 'upgrade_required', 'presence_off'),
        },
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      return sockets.open(request, reply, {
        uid,
        sourceOf: (space, reader) => new LogSource(space.logReader, reader, conversation),
        start: parseStart(request.query.start),
        watched: watchedBy(request.query.watch, streaming.presence),
      });
    },
  );
}

const parseStart = (start: string) => startIn(start, (text) => parseLogCursor(text) !== undefined, LOG_START_PATTERN);
