/**
 * The least that a send could be: a Fastify route with the schemas of `POST …/messages` that does one XADD. No caller,
 * no rules, no idempotency, no inboxes, no hub.
 */
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { Message, MessageInput } from '../../src/features/messages/schemas.ts';
import { components, ref } from '../../src/http/openapi/component.ts';

const redis = new Redis({ path: process.env.REDIS_PATH! });
const app = Fastify();
for (const schema of components) app.addSchema(schema);
app.post(
  '/v1/users/:uid/conversations/:conversation/messages',
  { schema: { body: ref(MessageInput), response: { 201: ref(Message) } } },
  async (request, reply) => {
    const { uid, conversation } = request.params as { uid: string; conversation: string };
    const { fields, clientMessageId } = request.body as { fields: Record<string, string>; clientMessageId: string };
    const flat = ['uid', uid, 'cid', clientMessageId];
    for (const name in fields) flat.push(name, fields[name]!);
    const id = await redis.xadd('bare', '*', ...flat);
    const sentAt = new Date(Number.parseInt(id!, 10)).toISOString();
    return reply.status(201).send({ id, conversation, from: uid, fields, sentAt, clientMessageId });
  },
);
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit());
process.send!({ url });
