import { LRUCache } from 'lru-cache';
import type { Memory, MessageMemory, RevocationMemory } from '../delivery/dispatcher.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import { Logs } from '../features/messages/logs.ts';
import { parseRecord } from '../features/spaces/space-record.ts';
import type { Spaces } from '../features/spaces/spaces.ts';
import type { Store } from '../redis/store.ts';
import { defaultSetUp, label, Space, type SpaceContext, setUpOf } from './space.ts';

/** From so many on, those that nobody has asked for lately are forgotten. */
const MANY = 1_000;
/** How long a space is kept that nobody asks for, ms: longer than any request takes that has been let in. */
const KEPT_MS = 120_000;
/** A node that has not heard from Redis for so long asks for each request, ms. */
const TRUSTED_MS = 2_000;
/** Names, and issuers, of which it is remembered that there is no such space. */
const REMEMBERED = 10_000;

/**
 * The spaces that this node knows, each made when it is first asked for, and what it remembers of them. The feed tells of
 * changes; after a loss, all that is known is read again.
 */
export class SpacesHere implements Memory {
  readonly default: Space;
  /** Whether there are named ones. */
  readonly areOn: boolean;
  readonly #context: SpaceContext;
  readonly #registry: Spaces;
  readonly #known = new Map<SpaceName, Space>();
  readonly #reading = new Map<SpaceName, Promise<Space | undefined>>();
  /** Those of which something was changed since they were read. */
  readonly #stale = new Set<SpaceName>();
  readonly #unknown = new LRUCache<SpaceName, true>({ max: REMEMBERED });
  /** Issuer and audience → the space whose tokens have them; `''` is none. */
  readonly #issuers = new LRUCache<string, SpaceName>({ max: REMEMBERED });

  constructor(context: SpaceContext, registry: Spaces) {
    this.#context = context;
    this.#registry = registry;
    this.areOn = context.config.spaces;
    this.default = new Space(context, DEFAULT_SPACE, defaultSetUp(context.config));
  }

  /** A space; undefined if there is none. At once, if it is known. */
  get(name: SpaceName): Space | undefined | Promise<Space | undefined> {
    if (name === DEFAULT_SPACE) return this.default;
    const known = this.#known.get(name);
    if (this.#context.feedLagMs() > TRUSTED_MS) return this.#read(name);
    if (known && !this.#stale.has(name) && !this.#reading.has(name)) {
      known.usedAt = Date.now();
      return known;
    }
    return this.#unknown.has(name) ? undefined : this.#read(name);
  }

  /** The space whose tokens come from this issuer, for this audience; `''` if it is none's. */
  async ofIssuer(issuer: string): Promise<SpaceName> {
    const known = this.#issuers.get(issuer);
    if (known !== undefined && this.#context.feedLagMs() <= TRUSTED_MS) return known;
    const found = (await this.#registry.ofIssuer(issuer)) ?? DEFAULT_SPACE;
    this.#issuers.set(issuer, found);
    return found;
  }

  messagesOf(name: SpaceName, partition: string): MessageMemory {
    if (name === DEFAULT_SPACE) return this.default.logs;
    const known = this.#known.get(name);
    if (known?.store.partition === partition) return known.logs;
    return new Logs(this.#context.store.of(name, partition), this.#context.recent);
  }

  /** The store of a space that is in use here. */
  storeOf(name: SpaceName): Store {
    return this.#known.get(name)?.store ?? this.#context.store.of(name);
  }

  /** Goes on with removals of users and channels that were interrupted, by the end of a node for example. @param store of a partition */
  finishRemovals({ redis, keys, partition }: Store): void {
    const { config, log, store } = this.#context;
    const failed = (what: string) => (error: unknown) => log.warn({ err: error }, `${what} could not be finished`);
    const finish = ({ groups, users }: Space) => {
      groups.finishRemovals().catch(failed('the removal of a channel'));
      users.finishRemovals().catch(failed('the removal of a user'));
    };
    if (partition === store.partition) finish(this.default);
    if (!config.spaces) return;
    const inNamed = async () => {
      for (const name of (await redis.smembers(keys.unfinished())) as SpaceName[]) {
        const space = await this.get(name);
        if (space) finish(space);
      }
    };
    inNamed().catch(failed('removals in spaces'));
  }

  revocationsOf(name: SpaceName): RevocationMemory | undefined {
    return name === DEFAULT_SPACE ? this.default.revocations : this.#known.get(name)?.revocations;
  }

  spaceChanged(name: SpaceName): void {
    this.#unknown.delete(name);
    this.#issuers.clear();
    this.#readAgain(name);
  }

  missed(partition: string): void {
    // An erasure may have been among what was missed.
    this.#context.recent.clear();
    for (const space of this.#known.values()) if (space.store.partition === partition) space.revocations.reload();
    if (partition !== this.#context.store.partition) return;
    this.default.revocations.reload();
    // The default space's feed tells what is set up for all of them, too.
    this.#unknown.clear();
    this.#issuers.clear();
    for (const name of new Set([...this.#known.keys(), ...this.#context.hub().spaces])) {
      if (name !== DEFAULT_SPACE) this.#readAgain(name);
    }
  }

  /** Nobody gets in by what was known of it; whoever is in is sent away if it is gone. */
  #readAgain(name: SpaceName): void {
    if (!this.#known.has(name) && !this.#reading.has(name) && !this.#context.hub().in(name)) return;
    this.#stale.add(name);
    this.#read(name).catch((error: unknown) => {
      this.#context.log.warn({ err: error, ...label(name) }, 'what is set up for a space could not be read');
    });
  }

  #read(name: SpaceName): Promise<Space | undefined> {
    let reading = this.#reading.get(name);
    if (!reading) {
      reading = this.#readOnce(name);
      this.#reading.set(name, reading);
    }
    return reading;
  }

  async #readOnce(name: SpaceName): Promise<Space | undefined> {
    let source: string | undefined;
    try {
      do {
        this.#stale.delete(name);
        source = await this.#registry.read(name);
        // What is told while it is read may be newer than what is read.
      } while (this.#stale.has(name));
    } catch (error) {
      this.#stale.add(name);
      throw error;
    } finally {
      // In the same moment as it is taken: what is told after that is read anew.
      this.#reading.delete(name);
    }
    return this.#take(name, source);
  }

  #take(name: SpaceName, source: string | undefined): Space | undefined {
    const known = this.#known.get(name);
    if (known && known.source === source) return known;
    const record = source === undefined ? undefined : parseRecord(source);
    if (record?.state !== 'active' && record?.state !== 'paused') this.#context.hub().spaceEnded(name);
    if (source === undefined || !record) {
      this.#forget(name);
      this.#unknown.set(name, true);
      return undefined;
    }
    // One that was made anew has nothing of the former one.
    const isSame = known && parseRecord(known.source).createdAt === record.createdAt;
    const { store } = this.#context;
    const hasMoved = isSame && known.store.partition !== store.of(name, record.partition).partition;
    if (known && (!isSame || hasMoved)) this.#forget(name);
    const setUp = setUpOf(name, source, record, this.#context.config);
    const space = new Space(this.#context, name, setUp, isSame && !hasMoved ? known.revocations : undefined);
    this.#known.set(name, space);
    if (hasMoved) this.#context.hub().spaceMoved(name);
    this.#context.hub().serverKeysAre(name, record.serverKeys);
    if (this.#known.size > MANY) this.#forgetIdle();
    return space;
  }

  #forgetIdle(): void {
    const oldest = Date.now() - KEPT_MS;
    for (const [name, { usedAt }] of this.#known) {
      if (usedAt < oldest && !this.#context.hub().in(name)) this.#forget(name);
    }
  }

  #forget(name: SpaceName): void {
    this.#known.get(name)?.revocations.detach();
    this.#known.delete(name);
    this.#stale.delete(name);
  }
}
