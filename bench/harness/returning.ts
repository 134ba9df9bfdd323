import type { Load } from './load.ts';
import { API_KEY, type Service } from './service.ts';
import type { SubscribeTask } from './streams.ts';
import { TEXT } from './traffic.ts';

/** How many messages each of them misses. */
const MISSED = 100;

const MESSAGES = '/v1/users/u0/conversations/group:all/messages';
const MESSAGE = { path: MESSAGES, token: API_KEY, body: `{"fields":{"text":"${TEXT}"}}` };

/** The members of a group, or of a channel, who were away and come back in the same moment, as after the end of a node or of a proxy. */
export class Returning {
  /** How many they are. */
  static readonly count = 1_000;
  readonly #service: Service;
  readonly #load: Load;
  /** Where each goes on. */
  readonly #paths: readonly string[];

  private constructor(service: Service, load: Load, paths: readonly string[]) {
    this.#service = service;
    this.#load = load;
    this.#paths = paths;
  }

  /** Makes users u0 … and their group, whose inboxes they follow, or a channel that they do; they leave then. @param load has their connections */
  static async leave(service: Service, load: Load, kind: 'group' | 'channel' = 'group'): Promise<Returning> {
    await service.makeUsers(Returning.count);
    await service.makeGroup('all', Returning.count, kind);
    const users = Array.from({ length: Returning.count }, (_, i) => `u${i}`);
    const pathOf = kind === 'group' ? inboxPath : await logPath(service);
    return new Returning(service, load, await Promise.all(users.map((uid) => pathOf(service, uid))));
  }

  /** Sends what they miss. */
  async miss(url: string): Promise<void> {
    await this.#load.do('post', { url, connections: 1, count: MISSED, requests: [MESSAGE] });
  }

  /** The streams that they will ask for, with tokens that nobody has seen before. */
  streams(): Promise<SubscribeTask['streams']> {
    return Promise.all(this.#paths.map(async (path, i) => ({ path, token: await this.#service.token(`u${i}`) })));
  }

  /** They all come, and go when each has all that it had missed; how long that took, s. */
  async comeBack(url: string, streams: SubscribeTask['streams']): Promise<number> {
    const { ms } = await this.#load.do('replay', {
      url,
      streams,
      atOnce: Returning.count,
      count: Returning.count * MISSED,
    });
    return ms / 1_000;
  }
}

async function inboxPath({ admin }: Service, uid: string): Promise<string> {
  const [newest] = await admin.xrevrange(`s:${uid}`, '+', '-', 'COUNT', 1);
  return `/v1/users/me/inbox/stream?start=${newest![0]}`;
}

/** All have seen the same last message. */
async function logPath(service: Service): Promise<() => string> {
  const { id } = (await service.call('POST', MESSAGES.slice('/v1'.length), { fields: { text: TEXT } })) as {
    id: string;
  };
  return () => `/v1/users/me/conversations/group:all/stream?start=${id}`;
}
