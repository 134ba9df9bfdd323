import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { Messages } from '../../../src/features/messages/messages.ts';
import { Senders } from '../../../src/features/messages/sender.ts';
import { closeSpace, openSpace, REMOVED } from '../../../src/features/spaces/commands.ts';
import { moveEpoch } from '../../../src/redis/meta/commands.ts';
import { commandCounts, conversation, type Im, startIm, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Sends of several spaces of one node, which share calls. */

const { server, im } = useIm();

interface TestSpace {
  name: SpaceName;
  im: Im;
  /** @returns what was sent, or the code of why it was not */
  say(text: string, to?: string): Promise<string>;
  texts(): Promise<(string | undefined)[]>;
  /** The epoch of each entry of bob's inbox, from the oldest on. */
  epochs(): Promise<string[]>;
}

/** Does something with spaces that have alice and bob; the first one is the default space. */
async function withSpaces(names: readonly string[], test: (spaces: TestSpace[]) => Promise<void>): Promise<void> {
  const senders = new Senders(im.store);
  const opened: Im[] = [];
  for (const space of ['', ...names]) {
    const one = await startIm(server, { keyPrefix: im.keys.prefix, space });
    opened.push(one);
    await one.people('alice', 'bob');
  }
  const spaces = opened.map((one): TestSpace => {
    const store = im.store.of(one.keys.space);
    const messages = new Messages(
      { store, sender: senders.of(store), admit: () => {}, sent: () => {}, grown: () => {} },
      86_400_000,
    );
    return {
      name: one.keys.space,
      im: one,
      say: (text, to = 'user:bob') =>
        messages.send(uid('alice'), conversation(to), { fields: { text } }).then(
          ({ message }) => message.fields.text!,
          (error) => error.code ?? 'failed',
        ),
      texts: async () => (await one.all('bob')).items.map(({ message }) => message.fields.text),
      epochs: async () => {
        const entries = await im.redis.xrange(one.keys.inbox(uid('bob')), '-', '+');
        return entries.map(([id]) => id.split('-')[0]!);
      },
    };
  });
  try {
    await test(spaces);
  } finally {
    for (const one of opened) one.close();
  }
}

test('sends of one turn share calls, of whichever space they are, and each comes into its own', () =>
  withSpaces(['one', 'two'], async (opened) => {
    // The last one is the default space, in which a call begins.
    const spaces = opened.toReversed();
    const sayAll = (round: string) => Promise.all(spaces.map((space) => space.say(`${round} in ${space.name}`)));
    await sayAll('first');
    const before = await commandCounts(im.redis);
    const said = await Promise.all([sayAll('second'), sayAll('third')]);
    assert.equal((await commandCounts(im.redis)).fcall! - before.fcall!, 1);
    const expected = (round: string) => spaces.map(({ name }) => `${round} in ${name}`);
    assert.deepEqual(said, [expected('second'), expected('third')]);
    for (const { name, texts } of spaces) {
      assert.deepEqual(await texts(), [`first in ${name}`, `second in ${name}`, `third in ${name}`]);
    }
  }));

test('a space that takes nothing refuses its own sends, and no other one’s', () =>
  withSpaces(['open', 'paused', 'removed', 'broken'], async (spaces) => {
    const [, , paused, removed, broken] = spaces;
    await im.store.run(openSpace, { name: paused!.name, maxUsers: undefined, paused: true });
    await im.store.run(closeSpace, { name: removed!.name, mark: REMOVED, isLeft: false });
    const meta = im.keys.of(broken!.name).meta();
    await im.redis.del(meta);
    await im.redis.set(meta, 'somebody has overwritten it');
    // The last one is of the space that was refused before it, and the first of one after which another follows.
    const order = [...spaces, ...spaces.toReversed()];
    assert.deepEqual(await Promise.all(order.map((space, i) => space.say(`${i}`))), [
      ...['0', '1', 'unavailable', 'space_removed', 'failed'],
      ...['failed', 'space_removed', 'unavailable', '8', '9'],
    ]);
    assert.deepEqual(
      [await spaces[0]!.texts(), await spaces[1]!.texts()],
      [
        ['0', '9'],
        ['1', '8'],
      ],
    );
  }));

test('no space waits for all that another one has to write', () =>
  withSpaces(['large', 'small'], async ([, large, small]) => {
    const members = Array.from({ length: 999 }, (_, i) => `m${i}`);
    await large!.im.people(...members);
    await large!.im.team('all', 'alice', ...members);
    const done: string[] = [];
    const say = (space: TestSpace, text: string, to?: string) =>
      space.say(text, to).then((what) => {
        done.push(what);
      });
    const texts = ['1', '2', '3', '4', '5', '6', '7'];
    await Promise.all([...texts.map((text) => say(large!, text, 'group:all')), say(small!, 'hi')]);
    // Two of a thousand inboxes each fill a call.
    assert.ok(done.indexOf('hi') <= 4, `${done}`);
    assert.deepEqual(
      done.filter((text) => text !== 'hi'),
      texts,
    );
  }));

test('where data was lost the epoch of every space of a call moves', () =>
  withSpaces(['one', 'two'], async (spaces) => {
    await Promise.all(spaces.map((space) => space.say('before')));
    await im.store.run(moveEpoch, (await im.redis.hget(im.keys.meta(), 'epoch'))!);
    await Promise.all(spaces.map((space) => space.say('after')));
    for (const { name, epochs } of spaces) {
      const [first, second] = await epochs();
      assert.ok(Number(second) > Number(first), `${name}: ${first}, ${second}`);
    }
  }));
