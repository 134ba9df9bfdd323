/** Writes the table of who may do what in a group from src/domain/policy.ts into docs/api.md: `npm run policy`. */
import { type Action, allows, POLICY, ROLES } from '../src/domain/policy.ts';
import { type GeneratedBlock, write } from './generated.ts';

export const POLICY_TABLE: GeneratedBlock = {
  page: 'docs/api.md',
  name: 'policy',
  content: () => {
    const rows = Object.entries(POLICY).map(([action, { does }]) => {
      const marks = ROLES.map((role) => (allows(action as Action, role) ? 'yes' : ''));
      return `| ${does} | ${marks.join(' | ')} |`;
    });
    return [`| may | ${ROLES.join(' | ')} |`, `|---|${ROLES.map(() => '---|').join('')}`, ...rows].join('\n');
  },
};

if (import.meta.url === `file://${process.argv[1]}`) write(POLICY_TABLE);
