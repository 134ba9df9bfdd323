import type { Follower } from './history.ts';
import { heardMessage, type SeenMessage } from './listener.ts';
import type { Random } from './random.ts';
import { ask, type Endpoints } from './requests.ts';

interface Page {
  items: (SeenMessage & { cursor: string })[];
  next: string;
  gap?: { reason: string; requested: string; resumed: string; lost?: number };
}

/** A receiver by long-poll: passes each `next` as `start` again, to another node each time. */
export class Poller {
  readonly record: Follower;
  position = '$';
  readonly #endpoints: Endpoints;
  readonly #random: Random;
  #isClosed = false;
  #done: Promise<void> | undefined;

  constructor(endpoints: Endpoints, uid: string, random: Random) {
    this.record = { name: `${uid}@poll`, uid, heard: [] };
    this.#endpoints = endpoints;
    this.#random = random;
  }

  /** Resolves with the first answer. */
  async open(): Promise<void> {
    while (!(await this.#once(0)));
    this.#done = this.#run();
  }

  /** Resolves when its last request has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (!(await this.#once(300))) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #once(block: number): Promise<boolean> {
    const { uid, heard } = this.record;
    const from = this.position;
    const endpoint = this.#random.pick(this.#endpoints());
    const count = this.#random.whole(1, 50);
    const { status, body } = await ask(
      endpoint,
      'GET',
      `/v1/users/${uid}/inbox?start=${from}&count=${count}&block=${block}`,
    );
    if (status !== 200) return false;
    const { items, next, gap } = body as Page;
    const at = performance.now();
    heard.push({ at, event: 'connect', from });
    if (gap) heard.push({ at, event: 'gap', cursor: gap.resumed, ...gap });
    for (const { cursor, ...message } of items) heard.push(heardMessage(uid, cursor, message));
    heard.push({ at, event: 'ready', cursor: next });
    this.position = next;
    return true;
  }
}
