import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { startReviewer } from '../../helpers/reviewer.ts';
import { type Service, startService } from '../../helpers/service.ts';

/** What it costs in Redis that somebody may be asked: nothing where nobody is. */

const reviewer = await startReviewer();
let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis.stop();
  await reviewer.close();
});

/** The commands that Redis gets for a message of Ann to Ben, and for its edit, by name. */
async function commandsOf(service: Service, body: object): Promise<string[]> {
  const path = '/v1/users/ann/conversations/user:ben/messages';
  const monitor = await service.redis.monitor();
  const seen: string[] = [];
  let isOver = false;
  monitor.on('monitor', (_time: string, [name, ...words]: string[], source: string) => {
    if (name === 'echo') isOver = true;
    const isOurs = words.some((word) => word.includes('ds:ann:ben'));
    if (source !== 'lua' && isOurs) seen.push(name!.toLowerCase());
  });
  const { body: message } = await service.server.post(path, { fields: { text: 'hi' }, ...body }).expect(201);
  await service.server.patch(`${path}/${message.id}`, { fields: { text: 'ho' } }).expect(200);
  await service.redis.echo('over');
  await eventually(() => isOver, 'all was seen');
  monitor.disconnect();
  return seen;
}

test('one more command is for a clientMessageId, where somebody is asked; none where nobody is', async () => {
  const seen: Record<string, string[]> = {};
  for (const [name, config] of Object.entries({ off: {}, on: reviewer.config })) {
    const service = await startService(redis, config);
    await service.people('ann', 'ben');
    // The scripts are known by then.
    await commandsOf(service, { clientMessageId: 'first' });
    seen[name] = await commandsOf(service, {});
    seen[`${name}, named`] = await commandsOf(service, { clientMessageId: 'second' });
    await service.close();
  }
  assert.deepEqual(seen, {
    off: ['fcall', 'evalsha'],
    'off, named': ['fcall', 'evalsha'],
    on: ['fcall', 'evalsha'],
    'on, named': ['evalsha', 'fcall', 'evalsha'],
  });
});
