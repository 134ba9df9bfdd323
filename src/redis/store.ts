import { createHash } from 'node:crypto';
import { type Redis, ReplyError } from 'ioredis';
import { ImError } from '../domain/errors.ts';
import { refusalFrom } from '../domain/refusals.ts';
import type { Command, RefusedWrites } from './command.ts';
import type { Keys } from './keys.ts';
import { type ScriptSettings, scriptSource } from './lua.ts';

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

/**
 * Runs commands: EVALSHA, and the text where the server has lost it. Each configuration and each version of a script
 * has a SHA of its own, so that nodes of two versions can share one Redis.
 */
export class Store {
  /** For plain reads. What writes is a command. */
  readonly redis: Redis;
  readonly keys: Keys;
  readonly #options: StoreOptions;
  readonly #scripts = new Map<URL, { sha: string; source: string }>();

  constructor(options: StoreOptions) {
    this.redis = options.redis;
    this.keys = options.keys;
    this.#options = options;
  }

  /**
   * Runs a command.
   *
   * @throws ImError what its script refuses; otherwise what ioredis throws, for `asImError` of failure.ts
   */
  async run<Input, Reply>(command: Command<Input, Reply>, input: Input): Promise<Reply> {
    const { sha, source } = this.#script(command.script);
    const keys = [this.keys.meta(), ...command.keys(this.keys, input)];
    const words = [...keys, ...command.args(input)];
    let reply: unknown;
    try {
      reply = await this.redis.evalsha(sha, keys.length, ...words);
    } catch (error) {
      if (!isUnknownScript(error)) throw this.refusalOf(error);
      try {
        reply = await this.redis.eval(source, keys.length, ...words);
      } catch (refused) {
        throw this.refusalOf(refused);
      }
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
    if (code !== 'WRITER_LEVEL') return refusalFrom(code.toLowerCase(), subject);
    this.#options.onNewerLevel(subject);
    return new ImError('unavailable', 'This node is older than the data and stops; nothing was done, try again.', {
      retryAfter: 1,
    });
  }

  #script(file: URL): { sha: string; source: string } {
    let script = this.#scripts.get(file);
    if (!script) {
      const source = scriptSource(file, this.#options.settings);
      script = { sha: createHash('sha1').update(source).digest('hex'), source };
      this.#scripts.set(file, script);
    }
    return script;
  }
}

/** The server has lost the script: surely nothing was done. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT ');
}
