import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { Messages } from '../../../src/features/messages/messages.ts';
import { Sender } from '../../../src/features/messages/sender.ts';
import { Store } from '../../../src/redis/store.ts';
import { newestIds } from '../../../src/redis/streams/commands.ts';
import { conversation, SETTINGS, startIm, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** The fence, on one server that says to be another one. */

const { im, server } = useIm();
let serverId: string;
before(() => {
  serverId = 'one';
});

function fenced() {
  const store = new Store({
    redis: im.redis,
    keys: im.keys,
    settings: SETTINGS,
    serverId: () => serverId,
    onRefusedWrites: () => {},
    onNewerLevel: () => {},
  });
  const sender = new Sender(store);
  const sayIn = (space: string, text: string) => {
    const context = { store: store.of(space as SpaceName), sender, admit: () => {}, sent: () => {}, grown: () => {} };
    const messages = new Messages(context, 86_400_000);
    return messages.send(uid('alice'), conversation('user:bob'), { fields: { text } });
  };
  return { store, sayIn, say: (text: string) => sayIn('', text) };
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

test('the first write on another server that is of several spaces moves the epoch of each before it writes', async () => {
  const spaces = ['', 'one', 'two'];
  for (const space of spaces) {
    const opened = await startIm(server, { keyPrefix: im.keys.prefix, space });
    await opened.people('alice', 'bob');
    opened.close();
  }
  serverId = 'one';
  const { store, sayIn } = fenced();
  const sayInAll = (text: string) => Promise.all(spaces.map((space) => sayIn(space, text)));
  await sayInAll('on the first');
  serverId = 'two';
  await sayInAll('on the second');
  for (const space of spaces) {
    const entries = await im.redis.xrange(store.keys.of(space as SpaceName).inbox(uid('bob')), '-', '+');
    const [first, second] = entries.map(([id]) => BigInt(id.split('-')[0]!));
    assert.ok(second! > first!, `in "${space}": ${first}, ${second}`);
  }
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
