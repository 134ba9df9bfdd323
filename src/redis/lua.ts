import { readFileSync } from 'node:fs';
import { policyAsLua } from '../domain/policy.ts';

/** What scripts are told of the configuration, as constants in front of their text. */
export interface ScriptSettings {
  keyPrefix: string;
  inboxMax: number;
  feedMax: number;
  groupMax: number;
  logMax: number;
  logDays: number;
}

/** The highest writer level that this version understands, and writes where it may. */
export const KNOWN_LEVEL = 1;

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

/**
 * The full text of a script: its `#!lua` line, the constants, what it includes, its first step, the script. With that
 * line, even without flags, Redis refuses the whole script before it starts when memory is full.
 */
export function scriptSource(file: URL, settings: ScriptSettings): string {
  const text = readFileSync(file, 'utf8');
  const shebang = SHEBANG.exec(text)?.[0] ?? '#!lua\n';
  const seen = new Set<string>();
  return [
    shebang.trimEnd(),
    `local KNOWN_LEVEL, PREFIX = ${KNOWN_LEVEL}, ${JSON.stringify(settings.keyPrefix)}`,
    // As text where only XADD takes it: Redis prints a Lua number anew for each call.
    `local INBOX_MAX, FEED_MAX = '${settings.inboxMax}', '${settings.feedMax}'`,
    `local GROUP_MAX, LOG_MAX, LOG_DAYS = ${settings.groupMax}, ${settings.logMax}, ${settings.logDays}`,
    ...includesOf('-- @include "begin"', seen),
    ...includesOf(text, seen),
    'local refused = begin(KEYS[1])',
    'if refused then return refused end',
    text.replace(SHEBANG, ''),
  ].join('\n');
}
