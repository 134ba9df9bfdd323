import { createHash } from 'node:crypto';
import { type Redis, Command as RedisCommand } from 'ioredis';
import type { Command } from './command.ts';
import { FUNCTION_NAMES, functionSource, type ScriptSettings, scriptSource, takesServerId } from './lua.ts';

/** A command's Lua as one server runs it. */
export interface Program {
  /** Its SHA, or the name of its function. */
  readonly name: string;
  /** Runs it, from its text where the server does not have it. */
  run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** The words that follow the others; asked for anew whenever a call is made, which may reach another server. */
type LastWords = () => string[];

/** How often a function is loaded for one call. */
const MAX_LOADS = 5;

/**
 * Makes the program of a command; each version of it and each configuration has a name of its own.
 *
 * @param serverId where a replica may take over: the id of the server that a call reaches which is made now
 */
export function programOf(
  { script, isFunction }: Pick<Command<never, unknown>, 'script' | 'isFunction'>,
  settings: ScriptSettings,
  serverId?: () => string,
): Program {
  const last: LastWords = takesServerId(script, settings) ? () => [serverId?.() ?? ''] : () => [];
  return isFunction ? functionProgram(script, settings, last) : scriptProgram(script, settings, last);
}

function scriptProgram(script: URL, settings: ScriptSettings, last: LastWords): Program {
  const source = scriptSource(script, settings);
  const sha = createHash('sha1').update(source).digest('hex');
  return {
    name: sha,
    run: (redis, keys, args) =>
      call(redis, 'evalsha', sha, keys, args, last()).catch((error: Error) => {
        if (!error.message.startsWith('NOSCRIPT ')) throw error;
        return call(redis, 'eval', source, keys, args, last());
      }),
  };
}

function functionProgram(script: URL, settings: ScriptSettings, last: LastWords): Program {
  const { name, source } = functionSource(script, settings);
  return {
    name,
    run: async (redis, keys, args) => {
      for (let loads = 0; ; loads++) {
        try {
          return await call(redis, 'fcall', name, keys, args, last());
        } catch (error) {
          // It may be lost again before it is called: to a start of another node, or to whoever flushes functions.
          if (loads === MAX_LOADS || !(error as Error).message.startsWith('ERR Function not found')) throw error;
          await redis.function('LOAD', 'REPLACE', source);
        }
      }
    },
  };
}

/**
 * Calls a program. The words of a call are put together once, and here: ioredis' own methods spread them twice and flatten
 * what is flat, which takes longer than all else that the node does for a call of many words (45 µs for 260).
 */
function call(
  redis: Redis,
  name: 'evalsha' | 'eval' | 'fcall',
  program: string,
  keys: readonly string[],
  args: readonly (string | number)[],
  last: readonly string[],
): Promise<unknown> {
  const command = new RedisCommand(name, [], { replyEncoding: 'utf8' });
  const words = [program, String(keys.length)];
  for (const key of keys) words.push(key);
  for (const arg of args) words.push(String(arg));
  for (const word of last) words.push(word);
  command.args = words;
  return redis.sendCommand(command) as Promise<unknown>;
}

/**
 * Removes the functions of all versions and configurations: unlike scripts they outlive the server. Those in use are loaded
 * again with their next call.
 */
export async function removeFunctions(redis: Redis): Promise<void> {
  const libraries = (await redis.function('LIST', 'LIBRARYNAME', FUNCTION_NAMES)) as string[][];
  // Another node may remove them at the same time.
  await Promise.all(libraries.map(([, name]) => redis.function('DELETE', name!).catch(() => {})));
}
