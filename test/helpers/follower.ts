import { valuesOf } from '../../src/client/ndjson.ts';
import type { Service } from './service.ts';

interface Line {
  event: string;
  cursor?: string;
  data: { fields?: { text?: string }; reason?: string };
}

/** Somebody who follows an inbox over NDJSON, and comes back where the stream ends. */
export class Follower {
  readonly lines: Line[] = [];
  readonly #closing = new AbortController();
  readonly #node: Service;
  readonly #uid: string;
  #cursor = '$';

  private constructor(node: Service, uid: string) {
    this.#node = node;
    this.#uid = uid;
  }

  /** Resolves once it has heard `ready`. */
  static async open(node: Service, uid: string): Promise<Follower> {
    const follower = new Follower(node, uid);
    void follower.#follow();
    while (follower.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return follower;
  }

  /** What was said to it, in its order. */
  get texts(): string[] {
    return this.#messages.map(({ data }) => data.fields?.text ?? '');
  }

  get gaps(): Line['data'][] {
    return this.lines.filter(({ event }) => event === 'gap').map(({ data }) => data);
  }

  /** Texts that came more than once. */
  get doubled(): string[] {
    return this.texts.filter((text, i) => this.texts.indexOf(text) < i);
  }

  /** Whether what was told last is this text, or a gap from which on there is nothing. */
  isUpTo(text: string): boolean {
    const last = this.lines.findLast(({ event }) => event === 'message' || event === 'gap');
    return last?.event === 'gap' || last?.data.fields?.text === text;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  get #messages(): Line[] {
    return this.lines.filter(({ event }) => event === 'message');
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#once(signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const path = `/v1/users/${this.#uid}/inbox/stream?start=${encodeURIComponent(this.#cursor)}`;
    const headers = { authorization: `Bearer ${this.#node.config.apiKeys[0]}`, accept: 'application/x-ndjson' };
    const response = await fetch(this.#node.url + path, { headers, signal });
    if (!response.ok) return;
    for await (const value of valuesOf(response.body!)) {
      const line = value as Line;
      this.lines.push(line);
      if (line.cursor) this.#cursor = line.cursor;
    }
  }
}
