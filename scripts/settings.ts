/** Writes the README's table of settings from the schema of src/config.ts: `npm run settings`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configSchema } from '../src/config/config.ts';

const README = new URL('../README.md', import.meta.url);
const BLOCK = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** The table as it has to be. */
export function settingsTable(): string {
  const rows = Object.entries(configSchema.properties).map(([name, schema]) => {
    const initial = String((schema as { default?: unknown }).default ?? '');
    return `| \`${name}\` | ${initial === '' ? '' : `\`${initial}\``} | ${(schema as { description?: string }).description} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

/** The README with the table in it. */
export function withSettings(readme: string): string {
  return readme.replace(BLOCK, (_all, before: string, after: string) => before + settingsTable() + after);
}

if (import.meta.url === `file://${process.argv[1]}`) {
  writeFileSync(README, withSettings(readFileSync(README, 'utf8')));
}
