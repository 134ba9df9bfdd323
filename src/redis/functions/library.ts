import { readdirSync, readFileSync } from 'node:fs';
import { includesOf, KNOWN_LEVEL, SCHEMA_VERSION, SHEBANG, usedBy } from '../lua.ts';

/**
 * Of the library: functions are global in Redis, and libraries travel to replicas and into the append-only file. The
 * number grows when the functions' arguments or replies change so that callers have to.
 */
export const LIBRARY_NAME = 'redisim_1';

const COMMAND = /^-- @command "([a-z_]+)\/([a-z_]+)"$/gm;

/**
 * The text of the function library, for FUNCTION LOAD. It is made of what the scripts are made of: the shared Lua once,
 * the scripts that a function runs (`-- @command "<feature>/<script>"`) as Lua functions of KEYS and ARGV, and the files of
 * this folder, each of which registers one function. No setting is in it: `im:meta` has them.
 *
 * @param version of the package, which `im_version` tells
 */
export function librarySource(version: string): string {
  const folder = new URL('.', import.meta.url);
  const functions = readdirSync(folder)
    .filter((name) => name.endsWith('.lua'))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const commands = functions.flatMap((text) =>
    [...text.matchAll(COMMAND)].map(([, feature, name]) => {
      const script = readFileSync(new URL(`../../features/${feature}/${name}.lua`, folder), 'utf8');
      return { name: name!, text: script.replace(SHEBANG, '') };
    }),
  );
  const seen = new Set<string>();
  const shared = [...commands.map(({ text }) => text), ...functions]
    .flatMap((text) => includesOf(text, seen))
    .join('\n');
  const own = [
    ...commands.map(({ name, text }) => `local function ${name}(KEYS, ARGV)\n${text}end\n`),
    // A block of its own for each: a chunk may have 200 local names.
    ...functions.map((text) => `do\n${text}end\n`),
  ].join('\n');
  return [
    `#!lua name=${LIBRARY_NAME}`,
    `local VERSION, KNOWN_LEVEL, SCHEMA = ${JSON.stringify(version)}, ${KNOWN_LEVEL}, '${SCHEMA_VERSION}'`,
    '-- The settings, read at each call.',
    'local PREFIX, PARTITION, INBOX_MAX, FEED_MAX, GROUP_MAX, LOG_MAX, LOG_DAYS, JOURNAL_MAX, JOURNAL_ON',
    usedBy(own, shared),
    own,
  ].join('\n');
}
