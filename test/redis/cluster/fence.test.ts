import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Messages } from '../../../src/features/messages/messages.ts';
import { Store } from '../../../src/redis/store.ts';
import { newestIds } from '../../../src/redis/streams/commands.ts';
import { conversation, SETTINGS, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** The fence, on one server that says to be another one. */

const { im } = useIm();
let serverId: string;
before(() => {
  serverId = 'one';
});

function fenced(): { store: Store; say(text: string): Promise<unknown> } {
  const store = new Store({
    redis: im.redis,
    keys: im.keys,
    settings: SETTINGS,
    serverId: () => serverId,
    onRefusedWrites: () => {},
    onNewerLevel: () => {},
  });
  const messages = new Messages({ store, admit: () => {}, sent: () => {}, grown: () => {} }, 86_400_000);
  return { store, say: (text) => messages.send(uid('alice'), conversation('user:bob'), { fields: { text } }) };
}

const epoch = () => im.redis.hget(im.keys.meta(), 'epoch');
const inboxIds = async () =>
  (await im.redis.xrange(im.keys.inbox(uid('bob')), '-', '+')).map(([id]) => id.split('-')[0]);

test('the first write on another server moves the epoch before it writes; others do not', async () => {
  await im.people('alice', 'bob');
  const { say } = fenced();
  await say('on the first');
  const first = await epoch();
  await say('again');
  assert.equal(await epoch(), first);
  serverId = 'two';
  await say('on the second');
  const second = await epoch();
  assert.ok(BigInt(second!) > BigInt(first!));
  await say('again');
  assert.equal(await epoch(), second);
  serverId = 'one';
  await say('back');
  const third = await epoch();
  assert.ok(BigInt(third!) > BigInt(second!), 'who comes back may lack what the other has done');
  assert.deepEqual(await inboxIds(), [first, first, second, second, third]);
});

test('the server is asked for anew where a call is repeated: it may reach another one', async () => {
  await im.people('alice', 'bob');
  serverId = 'one';
  const { say } = fenced();
  await say('on the first');
  const before = await epoch();
  // The function is lost with the server: the call comes back, and is made again on the next one.
  await im.redis.function('FLUSH');
  const sendCommand = im.redis.sendCommand.bind(im.redis);
  im.redis.sendCommand = (command, stream) => {
    const sent = sendCommand(command, stream);
    if (command.name === 'fcall') serverId = 'two';
    return sent;
  };
  await say('on the second');
  assert.notEqual(await epoch(), before);
});

test('what only reads is told no server, and moves nothing', async () => {
  await im.people('alice', 'bob');
  serverId = 'one';
  const { store, say } = fenced();
  await say('on the first');
  const before = await epoch();
  serverId = 'two';
  assert.equal((await store.run(newestIds, [im.keys.feed()])).epoch, before);
  assert.equal(await epoch(), before);
});

test('without a fence nothing is noted, and nothing is asked', async () => {
  await im.people('alice', 'bob');
  await im.say('alice', 'user:bob', 'plain');
  assert.equal(await im.redis.hget(im.keys.meta(), 'server'), null);
});
