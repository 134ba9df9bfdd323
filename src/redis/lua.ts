import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { policyAsLua } from '../domain/policy.ts';

/** What scripts are told of the configuration, as constants in front of their text. */
export interface ScriptSettings {
  inboxMax: number;
  feedMax: number;
  groupMax: number;
  logMax: number;
  logDays: number;
  journalMax: number;
  /** Whether the journal is written even where nobody wants it. */
  journalOn: boolean;
  /** Whether a replica may take over: what writes is told last which server it reaches (`lua/fence.lua`). */
  isFenced?: boolean;
}

/**
 * The highest writer level that this version understands, and writes where it may (`lua/level.lua`).
 * - 2: roles, silence, bans and policies of groups; removals that erase messages
 */
export const KNOWN_LEVEL = 2;

/** Of the keys' layout; another one in the database is not touched. */
export const SCHEMA_VERSION = '1';

const INCLUDE = /^-- @include "([a-z_]+)"$/gm;
/** The first line of a script, with its flags. */
export const SHEBANG = /^#!lua[^\n]*\n/;

/** Shared Lua that is made from what the domain says. */
const MADE: Partial<Record<string, () => string>> = { policy_table: policyAsLua };

/** The text of a file of shared Lua. */
function shared(name: string): string {
  return MADE[name]?.() ?? readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
}

/**
 * The shared Lua that a text names by `-- @include "<name>"`, and what that needs, each once, in an order in which
 * everything stands in front of its first use. (The idea is BullMQ's.)
 */
export function includesOf(text: string, seen = new Set<string>()): string[] {
  return [...text.matchAll(INCLUDE)].flatMap(([, name]) => {
    if (seen.has(name!)) return [];
    seen.add(name!);
    const source = shared(name!);
    return [...includesOf(source, seen), source];
  });
}

const COMMENT = /^ *--.*\n/gm;
/** A function at the top level: on one line, or up to an `end` that begins one. */
const FUNCTION = /^local function (\w+)\((?:.* end$|[\s\S]*?^end$)/gm;

/**
 * Shared Lua without its comments and without the functions that neither what is behind them nor the script names: Redis
 * makes each function anew whenever the script runs.
 */
export function usedBy(script: string, shared: string): string {
  let text = shared.replace(COMMENT, '');
  // From the last one on: what only an unused function names is unused, too.
  for (const { 0: definition, 1: name, index } of [...text.matchAll(FUNCTION)].toReversed()) {
    const behind = text.slice(index + definition.length);
    if (!new RegExp(`\\b${name}\\b`).test(behind + script)) text = text.slice(0, index) + behind;
  }
  return text;
}

function isFenced(text: string, settings: ScriptSettings): boolean {
  return settings.isFenced === true && !SHEBANG.exec(text)?.[0].includes('no-writes');
}

/** Whether a script takes the id of the server as its last argument. */
export function takesServerId(file: URL, settings: ScriptSettings): boolean {
  return isFenced(readFileSync(file, 'utf8'), settings);
}

/** A script's text in the parts that Redis is given: the `#!lua` line, the constants and what it uses of what it includes, its steps. */
function partsOf(file: URL, settings: ScriptSettings): { shebang: string; shared: string; steps: string } {
  const text = readFileSync(file, 'utf8');
  const fence = isFenced(text, settings) ? 'fence(table.remove(ARGV))\n' : '';
  const steps = `local refused = begin(KEYS)\nif refused then return refused end\n${fence}${text.replace(SHEBANG, '').replace(COMMENT, '')}`;
  const seen = new Set<string>();
  const shared = [
    `local KNOWN_LEVEL = ${KNOWN_LEVEL}`,
    '-- Of the keys, known from each call.',
    'local PREFIX, PARTITION',
    // As text where only XADD takes it: Redis prints a Lua number anew for each call.
    `local INBOX_MAX, FEED_MAX = '${settings.inboxMax}', '${settings.feedMax}'`,
    `local GROUP_MAX, LOG_MAX, LOG_DAYS = ${settings.groupMax}, ${settings.logMax}, ${settings.logDays}`,
    `local JOURNAL_MAX, JOURNAL_ON = '${settings.journalMax}', ${settings.journalOn}`,
    ...includesOf('-- @include "begin"', seen),
    ...(fence ? includesOf('-- @include "fence"', seen) : []),
    ...includesOf(text, seen),
  ].join('\n');
  return { shebang: SHEBANG.exec(text)?.[0] ?? '#!lua\n', shared: usedBy(steps, shared), steps };
}

/**
 * The full text of a script: its `#!lua` line, the constants, what it uses of what it includes, its first step, the script.
 * With that line, even without flags, Redis refuses the whole script before it starts when memory is full.
 */
export function scriptSource(file: URL, settings: ScriptSettings): string {
  const { shebang, shared, steps } = partsOf(file, settings);
  return `${shebang}${shared}\n${steps}`;
}

/** The names of the libraries that {@link functionSource} makes, as FUNCTION LIST takes it. */
export const FUNCTION_NAMES = 'redisim_script_*';

/**
 * The same as a library of one function, both named by a hash of the text, so that nodes of other versions and settings
 * have theirs beside it. It does what the script does, and its Lua functions are made once.
 */
export function functionSource(file: URL, settings: ScriptSettings): { name: string; source: string } {
  const { shared, steps } = partsOf(file, settings);
  const text = `${shared}\nlocal function run(KEYS, ARGV)\n${steps}end\n`;
  const name = FUNCTION_NAMES.replace('*', createHash('sha1').update(text).digest('hex').slice(0, 16));
  return { name, source: `#!lua name=${name}\n${text}redis.register_function('${name}', run)\n` };
}
