import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** A link through the proxy. */
interface Link {
  client: Socket;
  server: Socket;
  /** Whether the feed's blocking read goes over it. */
  isFeed: boolean;
  /** Whether nothing that the client sends is passed on any more. */
  isUnheard: boolean;
  /** Replies that are late and still to come. */
  late: number;
}

/** A TCP proxy in front of a Redis, for a link that fails without either end's doing. */
export class TcpProxy {
  readonly #server: Server;
  #target: NetConnectOpts;
  readonly #links = new Set<Link>();
  #isSilent = false;
  #repliesToDrop = 0;
  #delayMs = 0;
  #isSlow = false;
  /** Replies that wait for {@link release}; undefined where none is held. */
  #held: (() => void)[] | undefined;
  #onHeld: () => void = () => {};
  /** What is not passed on to Redis, and who waits for that. */
  #unheard: { what: RegExp; came: () => void } | undefined;

  private constructor(server: Server, target: NetConnectOpts) {
    this.#server = server;
    this.#target = target;
  }

  /** @param target where Redis is */
  static async start(target: NetConnectOpts): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.#join(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** From now on connections go elsewhere; those that are open are cut. */
  leadTo(target: NetConnectOpts): void {
    this.#target = target;
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
  }

  /** Swallows replies that come over the links for commands, and then cuts the link: what was asked for was done. */
  dropReplies(count: number): void {
    this.#repliesToDrop += count;
  }

  get repliesToDrop(): number {
    return this.#repliesToDrop;
  }

  /** From now on replies on the links that are not the feed's come late. */
  slowDown(delayMs: number): void {
    this.#delayMs = delayMs;
    this.#isSlow = true;
  }

  speedUp(): void {
    this.#isSlow = false;
  }

  /** From now on replies on the links that are not the feed's wait for {@link release}. Resolves when one does. */
  hold(): Promise<void> {
    this.#held = [];
    return new Promise((resolve) => {
      this.#onHeld = resolve;
    });
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const pass of held) pass();
  }

  /**
   * From now on, until {@link hear}, Redis does not get what a client sends that fits, nor what follows it. Resolves with the first time: whoever
   * ends the client then has ended it right before that.
   */
  unhear(what: RegExp): Promise<void> {
    return new Promise((came) => {
      this.#unheard = { what, came };
    });
  }

  hear(): void {
    this.#unheard = undefined;
  }

  /** Passes on nothing, in both directions, and closes nothing; what was held is passed on after {@link speak}. */
  silence(): void {
    this.#isSilent = true;
    for (const { client, server } of this.#links) {
      client.pause();
      server.pause();
    }
  }

  speak(): void {
    this.#isSilent = false;
    for (const { client, server } of this.#links) {
      client.resume();
      server.resume();
    }
  }

  close(): void {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    this.#server.close();
  }

  #join(client: Socket): void {
    const link: Link = { client, server: connect(this.#target), isFeed: false, isUnheard: false, late: 0 };
    const { server } = link;
    this.#links.add(link);
    const cut = () => {
      this.#links.delete(link);
      // What was asked for before the client left was sent, and Redis will do it.
      server.end();
      client.destroy();
    };
    for (const socket of [client, server]) socket.on('error', cut).on('close', cut);
    client.on('data', (data) => {
      if (!link.isFeed && data.includes('xread')) link.isFeed = true;
      if (this.#unheard?.what.test(data.toString('latin1'))) {
        link.isUnheard = true;
        this.#unheard.came();
      }
      // Nor what comes after it: the answers to that would be taken for the answer to it.
      if (link.isUnheard) return;
      server.write(data);
    });
    server.on('data', (data) => this.#reply(link, data, cut));
    if (this.#isSilent) {
      client.pause();
      server.pause();
    }
  }

  #reply(link: Link, data: Buffer, cut: () => void): void {
    // What a connection says to begin with (INFO, of several thousand bytes) is not worth losing.
    if (this.#repliesToDrop > 0 && !link.isFeed && data.length < 1_000) {
      this.#repliesToDrop--;
      cut();
    } else if (this.#held && !link.isFeed) {
      this.#held.push(() => link.client.write(data));
      this.#onHeld();
    } else if ((this.#isSlow && !link.isFeed) || link.late > 0) {
      // What comes after a late reply is late too: their order stays.
      link.late++;
      setTimeout(() => {
        link.late--;
        link.client.write(data);
      }, this.#delayMs);
    } else link.client.write(data);
  }
}
