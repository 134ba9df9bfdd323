import type { Start } from '../../delivery/source.ts';
import { ImError } from '../../domain/errors.ts';
import { isStreamId } from '../../domain/stream-ids.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { complaint, JOURNAL_START_PATTERN } from '../../http/openapi/patterns.ts';
import { problems } from '../../http/openapi/problem.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { formOf, openStream, pollPage, type Streaming, startIn } from '../../http/streams/stream.ts';
import { ACKNOWLEDGED, JournalSource } from './journal-source.ts';
import {
  Checkpoint,
  Consumer,
  ConsumerInput,
  ConsumerList,
  ConsumerParams,
  JournalPage,
  JournalQuery,
  JournalStreamEvent,
  JournalStreamHeaders,
  JournalStreamQuery,
} from './schemas.ts';

const READING = `Everything that is decided in the space, once each: messages, groups, members, users, blocks. It is written while a consumer wants
it: from the moment on at which the consumer was made, and for its retention after it was last there. What a consumer has acknowledged is
not kept for it; what it has not, it is told again. What is missing, since it stayed away for too long or others were faster than it by
\`JOURNAL_MAX\` entries, is told as a \`gap\`. Messages are read when they are told: of one that was erased there is no text. With a server key.`;

/** What a server's own backend follows, and who does. */
export function journalRoutes(app: App, { streaming }: { streaming: Streaming }): void {
  app.get(
    '/v1/journal',
    {
      config: { access: 'server' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'readJournal',
        tags: ['journal'],
        summary: 'Read the journal, or wait for something new',
        description: READING,
        querystring: JournalQuery,
        response: {
          200: { description: 'What was decided; no items if nothing was in time.', ...ref(JournalPage) },
          ...problems('invalid_cursor', 'consumer_not_found', 'too_many_subscribers'),
        },
      },
    },
    async (request, reply) => {
      const { consumer, start, count, block } = request.query;
      const source = new JournalSource(request.space.journal, consumer);
      const from = await source.resolve(parseStart(start));
      const page = await pollPage(streaming, request, reply, { source, start: from, count, block });
      const items = page.items.map(({ cursor, json }) => `{"cursor":"${cursor}","event":${json}}`).join(',');
      const gap = page.gap ? `,"gap":${JSON.stringify(page.gap)}` : '';
      return reply
        .type('application/json; charset=utf-8')
        .send(`{"items":[${items}],"next":"${page.next}"${gap}}` as never);
    },
  );

  app.get(
    '/v1/journal/stream',
    {
      config: { access: 'server' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamJournal',
        tags: ['journal'],
        summary: 'Follow the journal live',
        description: `${READING}\n\nThe events are those of an inbox’s stream, with \`entry\` in place of \`message\`, and without those that have no cursor.`,
        querystring: JournalStreamQuery,
        headers: JournalStreamHeaders,
        response: {
          200: {
            description: 'The events.',
            content: {
              'text/event-stream': { schema: { type: 'string' } },
              'application/x-ndjson': { schema: JournalStreamEvent },
            },
          },
          ...problems('invalid_cursor', 'consumer_not_found', 'not_acceptable'),
        },
      },
    },
    async (request, reply) => {
      const form = formOf(request);
      const source = new JournalSource(request.space.journal, request.query.consumer);
      // Some clients send an empty header where there was no event.
      const start = await source.resolve(parseStart(request.headers['last-event-id'] || request.query.start));
      return openStream(streaming, request, reply, { source, start, watched: [], form });
    },
  );

  app.get(
    '/v1/journal/consumers',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'listConsumers',
        tags: ['journal'],
        summary: 'List who follows the journal',
        description: 'In the order of their names. With a server key.',
        response: responses({ 200: answer(ConsumerList, 'All consumers.') }),
      },
    },
    async (request) => ({ items: await request.space.consumers.list() }),
  );

  app.get(
    '/v1/journal/consumers/:consumer',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'getConsumer',
        tags: ['journal'],
        summary: 'Read a consumer',
        description: 'How far it is, and for how long the journal is kept for it. With a server key.',
        params: ConsumerParams,
        response: responses({ 200: answer(Consumer, 'The consumer.') }, 'consumer_not_found'),
      },
    },
    (request) => request.space.consumers.get(request.params.consumer),
  );

  app.put(
    '/v1/journal/consumers/:consumer',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'putConsumer',
        tags: ['journal'],
        summary: 'Follow the journal under a name',
        description:
          'Everything that is decided from now on is in the journal for this consumer. One that is there stays where it is, and has ' +
          'the retention that is given. With a server key.',
        params: ConsumerParams,
        body: ref(ConsumerInput),
        response: responses(
          { 201: answer(Consumer, 'The consumer is made.'), 200: answer(Consumer, 'It was there.') },
          'too_many_consumers',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      const { retentionSeconds } = request.body;
      const { consumer, created } = await request.space.consumers.put(request.params.consumer, retentionSeconds);
      return reply.status(created ? 201 : 200).send(consumer);
    },
  );

  app.put(
    '/v1/journal/consumers/:consumer/checkpoint',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'acknowledgeJournal',
        tags: ['journal'],
        summary: 'Acknowledge what is dealt with',
        description:
          'Everything up to this cursor is dealt with: reading starts behind it, and nothing of it is kept for this consumer. It ' +
          'never goes back. With a server key.',
        params: ConsumerParams,
        body: ref(Checkpoint),
        response: responses({ 200: answer(Consumer, 'The consumer.') }, 'consumer_not_found', 'invalid_cursor'),
      },
    },
    async (request) => {
      const { acknowledged } = request.body;
      if (!isStreamId(acknowledged)) throw malformed(acknowledged);
      return request.space.consumers.acknowledge(request.params.consumer, acknowledged);
    },
  );

  app.delete(
    '/v1/journal/consumers/:consumer',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'deleteConsumer',
        tags: ['journal'],
        summary: 'Follow the journal no more',
        description: 'Nothing is kept for this consumer any more, and its streams end. With a server key.',
        params: ConsumerParams,
        response: responses({ 204: nothing('There is no such consumer.') }),
      },
    },
    async (request, reply) => {
      await request.space.consumers.remove(request.params.consumer);
      return reply.status(204).send(null);
    },
  );
}

function malformed(cursor: string): ImError {
  return new ImError('invalid_cursor', `${complaint(JOURNAL_START_PATTERN, cursor)}.`);
}

/** @throws ImError `invalid_cursor`, with a right one */
function parseStart(start: string): Start | typeof ACKNOWLEDGED {
  return start === ACKNOWLEDGED ? ACKNOWLEDGED : startIn(start, isStreamId, JOURNAL_START_PATTERN);
}
