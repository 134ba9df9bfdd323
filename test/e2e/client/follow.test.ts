import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type ApiError,
  type Client,
  type Connection,
  createClient,
  type FollowOptions,
  type Gap,
  type Signal,
} from '../../../src/client/index.ts';
import { eventually } from '../../helpers/delivery.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';
import { Service } from '../page/browser.ts';

/** Those of the test that runs: one that has failed leaves them behind, and they would go on for ever. */
const listeners = new Set<Listener>();
afterEach(async () => {
  await Promise.all([...listeners].map((listener) => listener.stop()));
  listeners.clear();
});

/** Somebody who follows, and what has come. */
class Listener {
  readonly texts: string[] = [];
  readonly gaps: Gap[] = [];
  readonly signals: Signal[] = [];
  readonly connections: Connection[] = [];
  readonly errors: unknown[] = [];
  stales = 0;
  cursor: string | undefined;
  /** How it has ended: undefined if by itself. */
  readonly ended: Promise<unknown>;
  readonly #ending = new AbortController();

  constructor(client: Client, options: Partial<FollowOptions> = {}) {
    listeners.add(this);
    this.ended = client
      .follow({
        start: '0',
        signal: this.#ending.signal,
        onMessages: (messages, cursor) => {
          this.texts.push(...messages.map(({ action, fields }) => action ?? fields.text ?? ''));
          this.cursor = cursor;
        },
        onGap: (gap) => this.gaps.push(gap),
        onSignal: (signal) => this.signals.push(signal),
        onStale: () => {
          this.stales++;
        },
        onConnection: (connection) => this.connections.push(connection),
        onError: (error) => this.errors.push(error),
        ...options,
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
  }

  async sees(...texts: string[]): Promise<void> {
    await eventually(() => this.texts.length >= texts.length, texts.join()).catch(() => {});
    assert.deepEqual(this.texts, texts);
  }

  get isLive(): boolean {
    return this.connections.at(-1) === 'live';
  }

  live(): Promise<void> {
    return eventually(() => this.isLive, 'a live line');
  }

  stop(): Promise<unknown> {
    this.#ending.abort();
    return this.ended;
  }
}

describe('follow', () => {
  const { service } = useService({ config: { heartbeatMs: 200 } });
  const clientOf = async (uid: string) => createClient({ url: service.url, token: await userToken(uid) });

  test('what was there comes, then what comes; each once, in order', async () => {
    await service.people('ada', 'bo');
    for (const n of [1, 2, 3]) await service.say('bo', 'user:ada', `${n}`);
    const alice = new Listener(await clientOf('ada'));
    await alice.sees('1', '2', '3');
    await service.say('bo', 'user:ada', '4');
    await alice.sees('1', '2', '3', '4');
    assert.equal(await alice.stop(), undefined);
    assert.deepEqual(alice.connections, ['connecting', 'live']);
    await service.say('bo', 'user:ada', '5');
    const again = new Listener(await clientOf('ada'), { start: alice.cursor! });
    await again.sees('5');
    await again.stop();
  });

  test('from now on there is a cursor at once', async () => {
    await service.people('cy', 'dan');
    await service.say('dan', 'user:cy', 'before');
    const cursors: string[] = [];
    const alice = new Listener(await clientOf('cy'), { start: '$', onReady: (cursor) => cursors.push(cursor) });
    await alice.live();
    await alice.stop();
    await service.say('dan', 'user:cy', 'after');
    const again = new Listener(await clientOf('cy'), { start: cursors[0]! });
    await again.sees('after');
    await again.stop();
  });

  test('what comes while one is busy comes at once, up to a hundred', async () => {
    await service.people('eve', 'fay');
    const sizes: number[] = [];
    let go: (() => void) | undefined;
    const alice = new Listener(await clientOf('eve'), {
      onMessages: async (messages) => {
        sizes.push(messages.length);
        if (sizes.length === 1) await new Promise<void>((resolve) => (go = resolve));
      },
    });
    await alice.live();
    await service.say('fay', 'user:eve', 'first');
    await eventually(() => go !== undefined, 'the first');
    // Quickly: a heartbeat between two of them parts them, too.
    const messages = Array.from({ length: 100 }, () => ({
      uid: 'fay',
      conversation: 'user:eve',
      fields: { text: '' },
    }));
    for (const _ of [1, 2]) await service.server.post('/v1/messages/batch', { messages }).expect(200);
    // Another one who has seen them all: they have come.
    const other = new Listener(await clientOf('eve'));
    await eventually(() => other.texts.length === 201, 'all of them, elsewhere');
    await other.stop();
    go!();
    await eventually(() => sizes.reduce((sum, size) => sum + size, 0) === 201, 'all of them');
    assert.ok(sizes.length < 20, `${sizes}`);
    assert.ok(Math.max(...sizes) <= 100, `${sizes}`);
    await alice.stop();
  });

  test('what could not be handled comes again, and nothing else does', async () => {
    await service.people('gil', 'hal');
    const trouble = new Error('the disk is full');
    const texts: (string | undefined)[] = [];
    const alice = new Listener(await clientOf('gil'), {
      onMessages: (messages) => {
        for (const { fields } of messages) {
          texts.push(fields.text);
          if (fields.text === 'second' && texts.length === 2) throw trouble;
        }
      },
    });
    await alice.live();
    for (const text of ['first', 'second', 'third']) {
      await service.say('hal', 'user:gil', text);
      await eventually(() => texts.includes(text), text);
    }
    assert.deepEqual(texts, ['first', 'second', 'second', 'third']);
    assert.deepEqual(alice.errors, [trouble]);
    await alice.stop();
  });

  test('who can’t go on after an error ends it', async () => {
    await service.people('sal', 'tim');
    const trouble = new Error('the disk is full');
    const sal = new Listener(await clientOf('sal'), {
      onMessages: () => {
        throw trouble;
      },
      onError: (error) => {
        throw error;
      },
    });
    await sal.live();
    await service.say('tim', 'user:sal', 'hi');
    assert.equal(await sal.ended, trouble);
  });

  test('a gap is told where it is, and what comes after it', async () => {
    await service.people('ida', 'jon');
    for (const n of [1, 2, 3]) await service.say('jon', 'user:ida', `${n}`);
    const alice = new Listener(await clientOf('ida'));
    await alice.sees('1', '2', '3');
    await alice.stop();
    for (const n of [4, 5, 6]) await service.say('jon', 'user:ida', `${n}`);
    await service.redis.xtrim(service.keys.inbox('ida' as never), 'MAXLEN', 1);
    const order: string[] = [];
    const again = new Listener(await clientOf('ida'), {
      start: alice.cursor!,
      onGap: ({ lost, reason }) => order.push(`gap of ${lost}, ${reason}`),
      onMessages: (messages) => order.push(...messages.map(({ fields }) => fields.text!)),
    });
    await eventually(() => order.length === 2, 'a gap and a message');
    assert.deepEqual(order, ['gap of 2, trimmed', '6']);
    await again.stop();
  });

  test('signals come as they are, and stale when the stream opens', async () => {
    await service.people('kim', 'leo');
    await service.say('leo', 'user:kim', 'hi');
    const alice = new Listener(await clientOf('kim'), { watch: ['leo'] });
    await alice.sees('hi');
    await eventually(() => alice.stales === 1, 'stale');
    const bob = await service.user('leo');
    await bob.put('/v1/users/me/conversations/user:kim/typing').expect(204);
    await eventually(() => alice.signals.some(({ event }) => event === 'typing'), 'typing');
    const typing = alice.signals.find((signal) => signal.event === 'typing')!;
    assert.deepEqual([typing.data.conversation, typing.data.uid], ['user:leo', 'leo']);
    const presence = () => alice.signals.filter((signal) => signal.event === 'presence').map(({ data }) => data.online);
    await eventually(() => presence().length === 1, 'presence');
    const bobListens = new Listener(await clientOf('leo'));
    await eventually(() => presence().includes(true), 'bob has come');
    await Promise.all([alice.stop(), bobListens.stop()]);
  });

  test('a server key follows for somebody', async () => {
    await service.people('mia', 'ned');
    await service.say('ned', 'user:mia', 'hi');
    const backend = new Listener(createClient({ url: service.url, token: API_KEY }), { uid: 'mia' });
    await backend.sees('hi');
    await backend.stop();
  });

  test('a token that ends is renewed, and nothing is lost or doubled', async () => {
    await service.people('oda', 'pip');
    // Good for the five seconds that clocks may differ by.
    const old = await userToken('oda', Math.floor(Date.now() / 1_000) - 3);
    const fresh = await userToken('oda');
    const asked: (string | undefined)[] = [];
    const client = createClient({
      url: service.url,
      token: (refused) => {
        asked.push(refused);
        return refused ? fresh : old;
      },
    });
    const alice = new Listener(client);
    await service.say('pip', 'user:oda', 'one');
    await eventually(() => asked.length > 1, 'another token');
    await service.say('pip', 'user:oda', 'two');
    await alice.sees('one', 'two');
    await alice.live();
    assert.deepEqual(asked, [undefined, old]);
    await alice.stop();
  });

  test('the end of a session is told once, and nothing is asked for any more', async () => {
    await service.people('quin', 'ray');
    const ends: [name: string, end: () => Promise<unknown>, code: string][] = [
      ['quin', () => service.server.delete('/v1/users/quin/tokens').expect(204), 'token_revoked'],
      ['ray', () => service.server.put('/v1/users/ray/suspension', {}), 'suspended'],
    ];
    for (const [name, end, code] of ends) {
      const listener = new Listener(await clientOf(name));
      await listener.live();
      await end();
      const error = (await listener.ended) as ApiError;
      assert.equal(error.code, code);
      assert.ok(error.endsSession);
      const count = service.logLines.filter((line) => line.includes('/inbox/stream')).length;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(service.logLines.filter((line) => line.includes('/inbox/stream')).length, count);
    }
    const nobody = new Listener(await clientOf('nobody'));
    assert.equal(((await nobody.ended) as ApiError).code, 'user_not_found');
    const wrong = new Listener(await clientOf('quin'), { start: 'yesterday' });
    assert.notEqual(((await wrong.ended) as ApiError).status, 0);
  });
});

describe('follow, over what happens to a service', () => {
  let service: Service;
  before(async () => {
    service = await Service.start({ HEARTBEAT_MS: '400' });
    for (const uid of ['alice', 'bob']) await service.call('PUT', `/users/${uid}`, { fields: {} });
  });
  after(() => service?.stop());
  const say = (text: string) =>
    service.call('POST', '/users/bob/conversations/user:alice/messages', { fields: { text } });
  const clientAt = async (url: string) => {
    const { token } = (await service.call('POST', '/tokens', { uid: 'alice' })) as { token: string };
    return createClient({ url, token });
  };

  test('killed and started again: nothing is lost, nothing is doubled', async () => {
    const alice = new Listener(await clientAt(service.url), { start: '$' });
    await alice.live();
    await say('before');
    await alice.sees('before');
    await service.kill();
    await eventually(() => !alice.isLive, 'the end of the line');
    await service.restart();
    await say('after');
    await alice.sees('before', 'after');
    assert.deepEqual(alice.gaps, []);
    await alice.stop();
  });

  test('a line that is silent is given up, and another one opened', async (t) => {
    // What comes over the line, as long as it is not silent; then all is swallowed, and nothing closed.
    let isSilent = false;
    const sockets = new Set<Socket>();
    const proxy = createServer((client) => {
      const server = connect(Number(new URL(service.url).port), '127.0.0.1');
      const silent = isSilent;
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        sockets.add(from);
        from.on('data', (data) => {
          if (!isSilent && !silent) to.write(data);
        });
        from.on('error', () => {}).on('close', () => to.destroy());
      }
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    t.after(() => {
      cut();
      proxy.close();
    });
    const alice = new Listener(await clientAt(`http://127.0.0.1:${(proxy.address() as { port: number }).port}`), {
      start: '$',
    });
    await alice.live();
    isSilent = true;
    await say('unheard');
    await eventually(() => !alice.isLive, 'the line to be given up');
    isSilent = false;
    // Those that were opened meanwhile stay silent for ever; opening one has its own time.
    cut();
    await alice.sees('unheard');
    assert.equal(await alice.stop(), undefined);
  });
});
