import { valuesOf } from '../../src/client/ndjson.ts';
import type { Random } from './random.ts';
import type { Endpoints } from './requests.ts';

interface Line {
  event: string;
  cursor: string;
  data: { type?: string; data?: { message?: { id: string } } };
}

/** A backend that follows the journal as a stream, and comes back at another node where that ends, after its last cursor. */
export class JournalFollower {
  /** How often each message was told of, by its id. */
  readonly told = new Map<string, number>();
  readonly cursors: string[] = [];
  gaps = 0;
  #cursor = 'acknowledged';
  readonly #endpoints: Endpoints;
  readonly #random: Random;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;

  constructor(endpoints: Endpoints, random: Random) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#done = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#once(signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { url, key } = this.#random.pick(this.#endpoints());
    const path = `/v1/journal/stream?consumer=follower&start=${this.#cursor}`;
    const headers = { authorization: `Bearer ${key}`, accept: 'application/x-ndjson' };
    const response = await fetch(url + path, { headers, signal });
    if (!response.ok) return;
    for await (const line of valuesOf(response.body!)) this.#take(line as Line);
  }

  #take({ event, cursor, data }: Line): void {
    this.#cursor = cursor;
    if (event === 'gap') this.gaps++;
    if (event !== 'entry') return;
    this.cursors.push(cursor);
    const id = data.type === 'message.created' && data.data?.message?.id;
    if (id) this.told.set(id, (this.told.get(id) ?? 0) + 1);
  }
}
