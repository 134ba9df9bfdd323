import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { retryStrategy } from '../connection/reconnect.ts';
import type { Address } from '../connection/target.ts';
import { type HostPort, placeName } from './place.ts';

/** Finds out who is the master. */
export interface MasterLookup {
  /** What is looked for, for messages. */
  readonly name: string;
  /** Who we are for the master, and whether TLS is spoken. */
  readonly server: Address;
  /** @throws Error that says why nobody knows */
  find(): Promise<HostPort>;
}

/** How long an ended connection may take to be closed by the other side, ms. */
const DISCONNECT_MS = 500;

/**
 * The way of one connection to a master that changes: it is looked up for each attempt to connect, and a server that is no
 * master is left again. Commands are sent to who was looked up, once: ioredis' own Cluster sends those again whose outcome
 * is unknown.
 */
export class MasterRoute {
  readonly name: string;
  readonly server: Address;
  /** Where the connection leads to. */
  address: HostPort | undefined;
  /** The run id of the server behind it, which no other and no later process has; `''` before there was one. */
  serverId = '';
  readonly #lookup: MasterLookup;

  constructor(lookup: MasterLookup) {
    this.#lookup = lookup;
    this.name = lookup.name;
    this.server = lookup.server;
  }

  /** For ioredis' option of this name. */
  get Connector(): new () => AbstractConnector {
    const route = this;
    return class extends AbstractConnector {
      #tell: (type: string, error: Error) => void = () => {};

      constructor() {
        super(DISCONNECT_MS);
      }

      async connect(tell: (type: string, error: Error) => void): Promise<Socket> {
        this.connecting = true;
        this.#tell = tell;
        // ioredis takes a failure of this for the end.
        for (let attempt = 1; ; attempt++) {
          const found = await route.#lookup.find().catch((error: Error) => error);
          if (!this.connecting) throw new Error('Connection is closed.');
          if (!(found instanceof Error)) return this.#open(found);
          tell('error', found);
          await delay(retryStrategy(attempt));
          if (!this.connecting) throw new Error('Connection is closed.');
        }
      }

      #open(address: HostPort): Socket {
        route.address = address;
        const { tls } = route.server;
        const options = { ...address, ...tls } as NetConnectOpts;
        const socket = tls ? connectTls(options) : createConnection(options);
        socket.once('error', (error) => {
          this.firstError = error;
        });
        this.stream = socket;
        return socket;
      }

      override check(info: { role?: string; run_id?: string }): boolean {
        if (info.role === 'master' && info.run_id) {
          route.serverId = info.run_id;
          return true;
        }
        const what = info.role
          ? `is a ${info.role}, no master`
          : 'does not let us see with INFO whether it is the master';
        this.#tell('error', new Error(`the server at ${placeName(route.address!)} ${what}`));
        return false;
      }
    };
  }
}
