/** Writes the README's table of settings from the schema of src/config: `npm run settings`. */
import { configSchema } from '../src/config/schema.ts';
import { type GeneratedBlock, write } from './generated.ts';

export const SETTINGS: GeneratedBlock = {
  page: 'README.md',
  name: 'settings',
  content: () => {
    const rows = Object.entries(configSchema.properties).map(([name, schema]) => {
      const initial = String((schema as { default?: unknown }).default ?? '');
      return `| \`${name}\` | ${initial === '' ? '' : `\`${initial}\``} | ${(schema as { description?: string }).description} |`;
    });
    return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
  },
};

if (import.meta.url === `file://${process.argv[1]}`) write(SETTINGS);
