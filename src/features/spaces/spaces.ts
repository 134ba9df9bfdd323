import { createHash, randomBytes } from 'node:crypto';
import type { Page, PageRequest } from '../../domain/pages.ts';
import { refuse } from '../../domain/refusals.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import { Places } from './places.ts';
import { Registry, thereIs } from './registry.ts';
import {
  type Issuer,
  issuerName,
  parseRecord,
  type SpaceLimits,
  type SpaceRecord,
  type Stage,
} from './space-record.ts';

/** A space as it is told of: no secret is. */
export interface Space {
  space: SpaceName;
  state: SpaceRecord['state'];
  createdAt: string;
  limits: SpaceLimits;
  /** Who signs the tokens of its users: the service, whoever has the `jwtSecret`, or the issuer of `jwks`. */
  tokensBy: 'service' | 'jwtSecret' | 'jwks';
  jwks?: Issuer;
}

/** What can be set up. What is absent is none. */
export interface SpaceSetUp {
  limits?: SpaceLimits | undefined;
  jwtSecret?: string | undefined;
  jwks?: Issuer | undefined;
}

/**
 * The spaces of a service: making, changing and removing them. What is set up for them is in the registry, which every node
 * reads, and in the space's own im:meta, as far as scripts have to know it.
 */
export class Spaces {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #places: Places;
  readonly #ownIssuer: string;
  readonly #removeFiles: (name: SpaceName) => Promise<void>;
  readonly #sweeping = new Map<SpaceName, Promise<void>>();

  /**
   * @param store of the default space
   * @param removeFiles removes what a space has outside of Redis
   * @param ownIssuer the issuer and audience of the default space's tokens, which no other space may have; `''` if none
   */
  constructor(store: Store, ownIssuer = '', removeFiles: (name: SpaceName) => Promise<void> = async () => {}) {
    this.#store = store;
    this.#registry = new Registry(store);
    this.#places = new Places(store);
    this.#removeFiles = removeFiles;
    this.#ownIssuer = ownIssuer;
  }

  /** What is set up for a space, as JSON. */
  async read(name: SpaceName): Promise<string | undefined> {
    return this.#registry.read(name);
  }

  /** The space whose tokens come from this issuer, for this audience. */
  async ofIssuer(issuer: string): Promise<SpaceName | undefined> {
    const { redis, keys } = this.#store;
    return ((await redis.hget(keys.issuers(), issuer)) ?? undefined) as SpaceName | undefined;
  }

  /** One space; `space_not_found`. */
  async get(name: SpaceName): Promise<Space> {
    const json = await this.read(name);
    return json === undefined ? refuse('space_not_found', name) : spaceOf(name, parseRecord(json));
  }

  /** All spaces in the order of their names. */
  async list({ after, limit }: PageRequest): Promise<Page<Space>> {
    const { redis, keys } = this.#store;
    const start = after === undefined ? '-' : `(${after}`;
    const found = (await redis.zrangebylex(keys.spaceNames(), start, '+', 'LIMIT', 0, limit + 1)) as SpaceName[];
    const names = found.slice(0, limit);
    const records = names.length > 0 ? await redis.hmget(keys.spaces(), ...names) : [];
    const items = names.flatMap((name, i) => (records[i] ? [spaceOf(name, parseRecord(records[i]))] : []));
    return found.length > limit ? { items, next: names.at(-1)! } : { items };
  }

  /**
   * Makes a space, or sets up anew one that is there, whose keys and users stay. The server key is told when it is made, and
   * never again. `space_removed` while a former one is being removed; `issuer_taken`.
   */
  async put(name: SpaceName, { limits = {}, jwtSecret, jwks }: SpaceSetUp): Promise<Space & { serverKey?: string }> {
    if (jwks && issuerName(jwks) === this.#ownIssuer) refuse('issuer_taken', 'default');
    const setUp = { limits, ...(jwtSecret ? { jwtSecret } : {}), ...(jwks ? { jwks } : {}) };
    const key = serverKeyOf(name);
    let isNew = false;
    await this.#places.reach(name, await this.#registry.find(name));
    const record = await this.#registry.change(name, (found) => {
      isNew = found === undefined;
      if (!found)
        return { createdAt: Date.now(), state: 'active', secret: secret(), serverKeys: [hashed(key)], ...setUp };
      const { limits: _, jwtSecret: _secret, jwks: _jwks, ...kept } = thereIs(name, found);
      return { ...kept, ...setUp };
    });
    await this.#places.open(name, record);
    return { ...spaceOf(name, record), ...(isNew ? { serverKey: key } : {}) };
  }

  /** Makes another server key; the one before it is good for a while longer, and older ones not any more. */
  async rotate(name: SpaceName, graceSeconds: number): Promise<{ serverKey: string; formerKeyUntil: string }> {
    const key = serverKeyOf(name);
    const until = Date.now() + graceSeconds * 1_000;
    await this.#registry.change(name, (found) => {
      const record = thereIs(name, found);
      const [{ sha256 }] = record.serverKeys as [{ sha256: string }];
      return { ...record, serverKeys: [hashed(key), ...(graceSeconds > 0 ? [{ sha256, until }] : [])] };
    });
    return { serverKey: key, formerKeyUntil: new Date(until).toISOString() };
  }

  /** Refuses all requests of a space for now, or takes them again. `space_not_found`. */
  async pause(name: SpaceName, isPaused: boolean): Promise<void> {
    let arriving: Stage | undefined;
    const record = await this.#registry.change(name, (found) => {
      const { arriving: begun, ...rest } = thereIs(name, found);
      arriving = begun;
      return { ...rest, state: isPaused ? 'paused' : 'active' };
    });
    await this.#places.open(name, record);
    // A move was interrupted: what had been copied is no use.
    if (arriving) await this.#places.free(name, arriving);
  }

  /** Takes in the set-up of a space that comes from elsewhere; an error if there is one of the name, or of its issuer. */
  async adopt(name: SpaceName, record: SpaceRecord): Promise<void> {
    await this.#registry.change(name, (found) => {
      if (found) throw new Error(`there is a space "${name}" here: remove it first, with DELETE /v1/spaces/${name}`);
      return record;
    });
  }

  /** What was restored of a space belongs to this place now. @param isBackup as of restoreCopy */
  async settle(name: SpaceName, isBackup: boolean): Promise<void> {
    const { partition } = await this.storeOf(name);
    await this.#places.at(partition).run(commands.settleSpace, { name, isBackup });
  }

  /** The store of a space, where its keys are; `space_not_found`. */
  async storeOf(name: SpaceName): Promise<Store> {
    const record = (await this.#registry.find(name)) ?? refuse('space_not_found', name);
    return this.#store.of(name, this.#places.partitionOf(name, record));
  }

  /**
   * Ends a space: from now on nobody gets in, and its streams end. Its keys are taken beside, by {@link finishRemoval}.
   * One that is being removed already is so again, and of one that is not there nothing is to be done.
   */
  async remove(name: SpaceName): Promise<void> {
    // Who repeats a removal whose answer was lost is told no error: what is being removed, or is gone, is left alone.
    const record = await this.#registry.change(name, (found) => {
      if (!found || found.state === 'removing') return undefined;
      const { jwks, ...rest } = found;
      return { ...rest, state: 'removing' as const };
    });
    if (record) await this.#places.close(name, record);
  }

  /** Takes all keys of a space that is being removed. Any node may, also where another one has begun. */
  finishRemoval(name: SpaceName): Promise<void> {
    let sweeping = this.#sweeping.get(name);
    if (!sweeping) {
      sweeping = this.#remove(name).finally(() => this.#sweeping.delete(name));
      this.#sweeping.set(name, sweeping);
    }
    return sweeping;
  }

  /** The stores of the spaces that take requests. */
  async *stores(): AsyncGenerator<Store> {
    for await (const [name, record] of this.#registry.all()) {
      if (record.state === 'active') yield this.#store.of(name, this.#places.partitionOf(name, record));
    }
  }

  /** Finishes the removals that were interrupted, by the end of a node for example. @param failed told what is wrong with one */
  async finishRemovals(failed: (error: unknown) => void): Promise<void> {
    for await (const [name, { state }] of this.#registry.all())
      if (state === 'removing') await this.finishRemoval(name).catch(failed);
  }

  async #remove(name: SpaceName): Promise<void> {
    const json = await this.read(name);
    const record = json === undefined ? undefined : parseRecord(json);
    if (record?.state !== 'removing') return;
    // A node may have ended between the two steps of `remove`.
    await this.#places.close(name, record);
    await this.#places.freeAll(name, record);
    // Before the name is free.
    await this.#removeFiles(name);
    await this.#registry.strike(name, json!);
  }
}

function spaceOf(space: SpaceName, { state, createdAt, limits, jwtSecret, jwks }: SpaceRecord): Space {
  const tokensBy = jwks ? 'jwks' : jwtSecret ? 'jwtSecret' : 'service';
  return { space, state, createdAt: new Date(createdAt).toISOString(), limits, tokensBy, ...(jwks ? { jwks } : {}) };
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

/** A server key begins with its space, which it is for. */
function serverKeyOf(name: SpaceName): string {
  return `${name}.${secret()}`;
}

function hashed(key: string): { sha256: string } {
  return { sha256: createHash('sha256').update(key).digest('hex') };
}
