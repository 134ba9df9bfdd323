import { type Redis, ReplyError } from 'ioredis';
import { ImError } from '../domain/errors.ts';
import { refusalFrom, spacePaused } from '../domain/refusals.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import { nameOf, tagOf } from './cluster/tag.ts';
import type { Command, RefusedWrites } from './command.ts';
import type { Partition } from './connection/partition.ts';
import { Keys } from './keys.ts';
import type { ScriptSettings } from './lua.ts';
import { type Program, programOf } from './program.ts';

export interface StoreOptions {
  /** The command connection. */
  redis: Redis;
  keys: Keys;
  settings: ScriptSettings;
  /** The id of the server that the connection reaches, where a replica may take over: scripts are fenced then. */
  serverId?: (() => string) | undefined;
  /** The name of the partition, where there are several. */
  partition?: string;
  /** Told when inboxes, or the feed, refused a message. */
  onRefusedWrites(refused: RefusedWrites): void;
  /** Told when the data is written at a level that this version does not know: it must not go on. */
  onNewerLevel(level: string): void;
}

/** Runs commands. Each version and each configuration has its own programs, so that nodes of two versions can share one Redis. */
export class Store {
  /** For plain reads. What writes is a command. */
  readonly redis: Redis;
  readonly keys: Keys;
  /** The name of the partition; `''` where there is one. */
  readonly partition: string;
  readonly #options: StoreOptions;
  readonly #programs: Map<URL, Program>;
  /** The partitions, as the store of each one's keys that are no named space's; the first one is that of the default space. */
  #partitions: readonly Store[] = [this];
  #tags: readonly string[] = [];

  /** @param programs of another store with the same settings and partition, to share them */
  constructor(options: StoreOptions, programs = new Map<URL, Program>()) {
    this.redis = options.redis;
    this.keys = options.keys;
    this.partition = options.partition ?? '';
    this.#options = options;
    this.#programs = programs;
  }

  /**
   * The store of the default space, from which those of all spaces are reached.
   *
   * @param partitions that of the default space first
   */
  static over(
    [first, ...others]: readonly Partition[],
    keyPrefix: string,
    shared: Pick<StoreOptions, 'settings' | 'onRefusedWrites' | 'onNewerLevel'>,
  ): Store {
    const stores = [first!, ...others].map(
      ({ tag, name, commands, serverId }) =>
        new Store({ ...shared, redis: commands, keys: new Keys(keyPrefix + tag), partition: name, serverId }),
    );
    const tags = others.map(({ tag }) => tag);
    for (const store of stores) {
      store.#partitions = stores;
      store.#tags = tags;
    }
    return stores[0]!;
  }

  /** Each partition, as the store of what in it is no named space's. That of the default space is the first one. */
  get partitions(): readonly Store[] {
    return this.#partitions;
  }

  /** The name of the partition that a space belongs to where the registry says nothing. */
  homeOf(space: SpaceName): string {
    const isNamed = space !== DEFAULT_SPACE && this.#tags.length > 0;
    return isNamed ? nameOf(tagOf(space, this.#tags)) : this.#partitions[0]!.partition;
  }

  /**
   * The store of another space.
   *
   * @param partition where that is, as the registry says; of `''` as a space, the partition itself
   */
  of(space: SpaceName, partition = this.homeOf(space)): Store {
    const there = partition === this.partition ? this : this.#partitions.find((one) => one.partition === partition);
    if (!there) throw new Error(`there is no partition "${partition}": they are ${this.#names()}`);
    return there.#beside(space);
  }

  #beside(space: SpaceName): Store {
    if (space === this.keys.space) return this;
    const store = new Store({ ...this.#options, keys: this.keys.of(space) }, this.#programs);
    store.#partitions = this.#partitions;
    store.#tags = this.#tags;
    return store;
  }

  #names(): string {
    return this.#partitions.map(({ partition }) => partition).join(', ');
  }

  /**
   * Runs a command.
   *
   * @throws ImError what its script refuses; otherwise what ioredis throws, for `asImError` of failure.ts
   */
  async run<Input, Reply>(command: Command<Input, Reply>, input: Input): Promise<Reply> {
    const program = this.#program(command);
    const keys = [this.keys.meta(), ...command.keys(this.keys, input)];
    // Every script of a named space gives heed to the partition's.
    if (this.keys.space !== DEFAULT_SPACE) keys.push(this.keys.partitionMeta());
    let reply: unknown;
    try {
      reply = await program.run(this.redis, keys, command.args(input));
    } catch (error) {
      throw this.refusalOf(error);
    }
    const decoded = command.decode(reply as never, input);
    this.reportRefusedWrites((decoded as { refused?: RefusedWrites } | undefined)?.refused);
    return decoded;
  }

  /** Tells of writes that a reply says were refused; for replies that are several. */
  reportRefusedWrites(refused: RefusedWrites | undefined): void {
    if (refused && refused.count > 0) this.#options.onRefusedWrites(refused);
  }

  /** What an error reply says, as an error to answer with; any other error as it is. */
  refusalOf(error: unknown): unknown {
    return error instanceof Error && error instanceof ReplyError ? (this.refusalFrom(error.message) ?? error) : error;
  }

  /** The error for a refusal's text (`NOT_MEMBER team`), or undefined if it is none. */
  refusalFrom(text: string): ImError | undefined {
    const space = text.indexOf(' ');
    const [code, subject] = space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
    if (code === 'SPACE_PAUSED') return spacePaused();
    if (code !== 'WRITER_LEVEL') return refusalFrom(code.toLowerCase(), subject);
    this.#options.onNewerLevel(subject);
    return new ImError('unavailable', 'This node is older than the data and stops; nothing was done, try again.', {
      retryAfter: 1,
    });
  }

  #program(command: Pick<Command<never, unknown>, 'script' | 'isFunction'>): Program {
    let program = this.#programs.get(command.script);
    if (!program) {
      const { settings, serverId } = this.#options;
      program = programOf(command, { ...settings, isFenced: serverId !== undefined }, serverId);
      this.#programs.set(command.script, program);
    }
    return program;
  }
}
