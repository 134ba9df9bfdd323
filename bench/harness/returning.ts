import type { Load } from './load.ts';
import { API_KEY, type Service } from './service.ts';
import type { SubscribeTask } from './streams.ts';
import { TEXT } from './traffic.ts';

/** How many messages each of them misses. */
const MISSED = 100;

/** The members of a group who were away, and come back in the same moment, as after the end of a node or of a proxy. */
export class Returning {
  /** How many they are. */
  static readonly count = 1_000;
  readonly #service: Service;
  readonly #load: Load;
  readonly #cursors: readonly string[];

  private constructor(service: Service, load: Load, cursors: readonly string[]) {
    this.#service = service;
    this.#load = load;
    this.#cursors = cursors;
  }

  /** Makes users u0 … and their group, who leave then. @param load has their connections */
  static async leave(service: Service, load: Load): Promise<Returning> {
    await service.makeUsers(Returning.count);
    await service.makeGroup('all', Returning.count);
    const cursors = Array.from({ length: Returning.count }, async (_, i) => {
      const [newest] = await service.admin.xrevrange(`s:u${i}`, '+', '-', 'COUNT', 1);
      return newest![0];
    });
    return new Returning(service, load, await Promise.all(cursors));
  }

  /** Sends what they miss. */
  async miss(url: string): Promise<void> {
    const path = '/v1/users/u0/conversations/group:all/messages';
    const requests = [{ path, token: API_KEY, body: `{"fields":{"text":"${TEXT}"}}` }];
    await this.#load.do('post', { url, connections: 1, count: MISSED, requests });
  }

  /** The streams that they will ask for, with tokens that nobody has seen before. */
  streams(): Promise<SubscribeTask['streams']> {
    return Promise.all(
      this.#cursors.map(async (cursor, i) => ({
        path: `/v1/users/me/inbox/stream?start=${cursor}`,
        token: await this.#service.token(`u${i}`),
      })),
    );
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
