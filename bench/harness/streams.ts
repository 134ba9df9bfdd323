import { connect, type Socket } from 'node:net';

export interface SubscribeTask {
  url: string;
  /** One stream for each. */
  streams: { path: string; token: string }[];
  /** How many connect at the same time; 50 where absent. */
  atOnce?: number;
}

const MARK = Buffer.from('event: message');

/** Open event streams over raw sockets, and how many messages came over all of them. */
export class Streams {
  #sockets: Socket[] = [];
  #received = 0;
  #expected = Infinity;
  #reached: () => void = () => {};
  #latencies: number[] | undefined;

  /** Opens streams and resolves when each has its `ready`, or (a baseline's) its first bytes. */
  readonly open = async ({ url, streams, atOnce = 50 }: SubscribeTask): Promise<void> => {
    const { hostname, port } = new URL(url);
    const waiting = [...streams];
    const one = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        this.#sockets.push(await this.#openOne(hostname, Number(port), next.path, next.token));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  };

  /** Resolves when so many messages have come since the last call; with how long that took and the latencies, ms. */
  readonly expect = async ({ count, latencies }: { count: number; latencies?: boolean }) => {
    this.#latencies = latencies ? [] : undefined;
    const since = performance.now();
    this.#expected = count;
    if (this.#received < count) {
      await new Promise<void>((resolve) => {
        this.#reached = resolve;
      });
    }
    this.#received -= count;
    this.#expected = Infinity;
    return { ms: performance.now() - since, latencies: this.#latencies ?? [] };
  };

  /** Opens streams, and closes them when so many messages have come; with how long that took, ms. */
  readonly replay = async ({ count, ...task }: SubscribeTask & { count: number }): Promise<{ ms: number }> => {
    const all = this.expect({ count });
    await this.open(task);
    const { ms } = await all;
    this.close();
    return { ms };
  };

  /** Closes them all. */
  readonly close = (): void => {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets = [];
    this.#received = 0;
  };

  #openOne(host: string, port: number, path: string, token: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true }, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`),
      );
      socket.once('error', reject);
      let opened = false;
      let tail = Buffer.alloc(0);
      socket.on('data', (data) => {
        if (!opened) {
          const text = data.toString('latin1');
          if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text));
          opened = true;
          resolve(socket);
        }
        // A mark may be cut in two by the end of a chunk.
        const bytes = tail.length > 0 ? Buffer.concat([tail, data]) : data;
        let last = 0;
        let count = 0;
        for (let i = bytes.indexOf(MARK); i >= 0; i = bytes.indexOf(MARK, last)) {
          last = i + MARK.length;
          count++;
        }
        tail = bytes.subarray(Math.max(last, bytes.length - MARK.length + 1));
        if (count === 0) return;
        if (this.#latencies) this.#measure(bytes.toString('latin1'));
        this.#received += count;
        if (this.#received >= this.#expected) this.#reached();
      });
    });
  }

  /** A message that is measured carries when it was sent, by the clock of this machine. */
  #measure(text: string): void {
    const now = performance.timeOrigin + performance.now();
    for (const [, at] of text.matchAll(/"at":"([\d.]+)"/g)) this.#latencies!.push(now - Number(at));
  }
}
