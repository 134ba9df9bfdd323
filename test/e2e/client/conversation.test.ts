import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import {
  type ApiError,
  type Client,
  type Connection,
  createClient,
  type FollowOptions,
  type Gap,
  type Message,
} from '../../../src/client/index.ts';
import { eventually } from '../../helpers/delivery.ts';
import { userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const endings = new Set<AbortController>();
afterEach(() => {
  for (const ending of endings) ending.abort();
  endings.clear();
});

/** Somebody who follows one conversation, and what has come, in order. */
class Reader {
  readonly seen: string[] = [];
  readonly messages: Message[] = [];
  readonly connections: Connection[] = [];
  cursor: string | undefined;
  /** Why it has ended, if not by itself. */
  #end: ApiError | undefined;
  readonly #ended: Promise<void>;
  readonly #ending = new AbortController();

  constructor(client: Client, conversation: string, options: Partial<FollowOptions> = {}) {
    endings.add(this.#ending);
    this.#ended = client
      .follow({
        conversation,
        start: '0',
        signal: this.#ending.signal,
        onReady: (cursor) => {
          this.cursor ??= cursor;
        },
        onMessages: (messages, cursor) => {
          this.messages.push(...messages);
          this.seen.push(...messages.map(({ action, fields }) => (action ? `(${action})` : (fields.text ?? ''))));
          this.cursor = cursor;
        },
        onGap: ({ reason, lost }: Gap, cursor) => {
          this.seen.push(`gap: ${reason}, ${lost ?? '?'}`);
          this.cursor = cursor;
        },
        onConnection: (connection) => this.connections.push(connection),
        ...options,
      })
      .catch((error: ApiError) => {
        this.#end = error;
      });
  }

  /** Resolves with the reason when it has ended. */
  async ended(): Promise<ApiError> {
    await eventually(() => this.#end !== undefined, 'the end');
    return this.#end!;
  }

  async sees(...seen: string[]): Promise<void> {
    await eventually(() => this.seen.length >= seen.length, seen.join()).catch(() => {});
    assert.deepEqual(this.seen, seen);
  }

  live(): Promise<void> {
    return eventually(() => this.connections.at(-1) === 'live', 'a live line');
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
    assert.equal(this.#end, undefined);
  }
}

describe('follow one conversation', () => {
  const { service } = useService({ config: { heartbeatMs: 200 } });
  const clientOf = async (uid: string) => createClient({ url: service.url, token: await userToken(uid) });
  const channel = async (gid: string, owner: string, ...members: string[]) => {
    await service.people(owner, ...members);
    await service.server.put(`/v1/groups/${gid}`, { fields: {}, owner, kind: 'channel' }).expect(201);
    if (members.length > 0) await service.server.put(`/v1/groups/${gid}/members`, { uids: members }).expect(200);
  };

  test('what a channel has comes, then what is written; an inbox has nothing of it', async () => {
    await channel('news', 'ada', 'bo');
    await service.say('ada', 'group:news', 'one');
    const bo = await clientOf('bo');
    const reader = new Reader(bo, 'group:news');
    await reader.sees('(create)', 'one');
    await service.say('ada', 'group:news', 'two');
    await reader.sees('(create)', 'one', 'two');
    const inbox = await bo.GET('/v1/users/{uid}/inbox', { params: { path: { uid: 'me' } } });
    assert.deepEqual(
      inbox.items.map(({ action }) => action),
      ['join'],
    );
    await reader.stop();
  });

  test('changes of what was said come as entries of their own', async () => {
    await channel('changes', 'cy', 'dan');
    const ada = await clientOf('cy');
    const reader = new Reader(await clientOf('dan'), 'group:changes', { start: '$' });
    await reader.live();
    const path = (mid: string) => ({ params: { path: { uid: 'me', conversation: 'group:changes', mid } } });
    const { id } = await service.say('cy', 'group:changes', 'helo');
    const messages = '/v1/users/{uid}/conversations/{conversation}/messages/{mid}';
    await ada.PATCH(messages, { ...path(id), body: { fields: { text: 'hello' } } });
    await ada.DELETE(messages, path(id));
    await reader.sees('helo', '(edit)', '(erase)');
    const [said, edit, erase] = reader.messages;
    assert.deepEqual([edit!.target, edit!.fields.text, erase!.target], [said!.id, 'hello', said!.id]);
  });

  test('it goes on after the cursor, or after a message: nothing is lost or doubled', async () => {
    await channel('resume', 'eve', 'fay');
    const fay = await clientOf('fay');
    const first = new Reader(fay, 'group:resume', { start: '$' });
    await first.live();
    assert.match(first.cursor!, /^\d+~\d+~\d+-\d+$/);
    const { id } = await service.say('eve', 'group:resume', '1');
    await first.sees('1');
    await first.stop();
    for (const text of ['2', '3']) await service.say('eve', 'group:resume', text);
    for (const start of [first.cursor!, id]) {
      const again = new Reader(fay, 'group:resume', { start });
      await again.sees('2', '3');
      await again.stop();
    }
  });

  test('what could not be handled comes again', async () => {
    await channel('again', 'gil', 'hal');
    let isBroken = true;
    const texts: (string | undefined)[] = [];
    const reader = new Reader(await clientOf('hal'), 'group:again', {
      start: '$',
      onMessages: (messages) => {
        texts.push(...messages.map(({ fields }) => fields.text));
        if (isBroken) throw new Error('the disk is full');
      },
      onError: () => {
        isBroken = false;
      },
    });
    await reader.live();
    await service.say('gil', 'group:again', 'one');
    await eventually(() => texts.length === 2, 'again');
    await service.say('gil', 'group:again', 'two');
    await eventually(() => texts.length === 3, 'the next one');
    assert.deepEqual(texts, ['one', 'one', 'two']);
  });

  test('a gap is told where it is, and what comes after it', async () => {
    await channel('trimmed', 'ida', 'jon');
    const jon = await clientOf('jon');
    const first = new Reader(jon, 'group:trimmed');
    await service.say('ida', 'group:trimmed', '1');
    await first.sees('(create)', '1');
    await first.stop();
    for (const text of ['2', '3', '4']) await service.say('ida', 'group:trimmed', text);
    await service.redis.xtrim(service.keys.log('gs:trimmed' as never), 'MAXLEN', 1);
    const again = new Reader(jon, 'group:trimmed', { start: first.cursor! });
    await again.sees('gap: trimmed, 2', '4');
  });

  test('who leaves, or is removed, is told so once all that came before was handled', async () => {
    await channel('leaving', 'kim', 'leo');
    const leo = await clientOf('leo');
    const reader = new Reader(leo, 'group:leaving', { start: '$' });
    await reader.live();
    await service.say('kim', 'group:leaving', 'the last');
    await service.server.delete('/v1/groups/leaving/members/leo').expect(204);
    const end = await reader.ended();
    assert.deepEqual([end.code, end.status, end.isTemporary, end.endsSession], ['not_member', 403, false, false]);
    assert.deepEqual(reader.seen, ['the last']);
    assert.equal((await new Reader(leo, 'group:leaving').ended()).code, 'not_member');
  });

  test('a group that is removed ends it, also where another one of that name follows at once', async () => {
    await channel('gone', 'mia', 'ned');
    const reader = new Reader(await clientOf('ned'), 'group:gone', { start: '$' });
    await reader.live();
    await service.server.delete('/v1/groups/gone').expect(204);
    await service.server.put('/v1/groups/gone', { fields: {}, owner: 'mia', kind: 'channel' }).expect(201);
    await service.server.put('/v1/groups/gone/members', { uids: ['ned'] }).expect(200);
    await service.say('mia', 'group:gone', 'of another one');
    const end = await reader.ended();
    assert.deepEqual([end.code, end.status], ['group_not_found', 404]);
    assert.deepEqual(reader.seen, []);
  });

  test('a direct chat and a group are followed the same way', async () => {
    await service.people('oda', 'pip');
    const reader = new Reader(await clientOf('oda'), 'user:pip', { start: '$' });
    await reader.live();
    await service.say('pip', 'user:oda', 'hi');
    await reader.sees('hi');
  });
});
