import { type Redis, ReplyError } from 'ioredis';
import { ImError } from '../domain/errors.ts';
import { refusalFrom, spacePaused } from '../domain/refusals.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import type { Command, RefusedWrites } from './command.ts';
import type { Keys } from './keys.ts';
import type { ScriptSettings } from './lua.ts';
import { type Program, programOf } from './program.ts';

export interface StoreOptions {
  /** The command connection. */
  redis: Redis;
  keys: Keys;
  settings: ScriptSettings;
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
  readonly #options: StoreOptions;
  readonly #programs: Map<URL, Program>;

  /** @param programs of another store with the same settings, to share them */
  constructor(options: StoreOptions, programs = new Map<URL, Program>()) {
    this.redis = options.redis;
    this.keys = options.keys;
    this.#options = options;
    this.#programs = programs;
  }

  /** The store of another space of the partition. */
  of(space: SpaceName): Store {
    return space === this.keys.space
      ? this
      : new Store({ ...this.#options, keys: this.keys.of(space) }, this.#programs);
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
      reply = await program.run(this.redis, keys.length, [...keys, ...command.args(input)]);
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
      program = programOf(command, this.#options.settings);
      this.#programs.set(command.script, program);
    }
    return program;
  }
}
