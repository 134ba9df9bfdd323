import { configSchema, type SettingName } from './schema.ts';

/** A wrong setting; the message names each variable, what it was, and what is allowed. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(`wrong configuration:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** What is wrong with a setting, and what is allowed; the value of a secret is not shown. */
export function complaint(name: SettingName, value: string): string {
  return `${name} was ${shown(name, value)}; allowed: ${allowed(name)}`;
}

function shown(name: SettingName, value: string): string {
  if ('secret' in configSchema.properties[name]) return `${value.length} characters long (not shown)`;
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}

/** In words, what a setting may be. */
export function allowed(name: SettingName): string {
  const { allowed, minimum, maximum } = configSchema.properties[name] as {
    allowed?: string;
    minimum?: number;
    maximum?: number;
  };
  return allowed ?? `a whole number from ${minimum} to ${maximum}`;
}
