import { t } from '../../i18n/texts.ts';
import type { Standing } from '../../store/standing.svelte.ts';

/** Somebody who can be mentioned: `*` is everybody. */
export interface Mentionable {
  uid: string;
  /** What stands behind the @ while one writes. */
  name: string;
}

const MOST = 8;

/** Who can be mentioned in a group, or is likely to be in a channel. Where two have a name, their ids tell them apart. */
export function mentionables(standing: Standing, me: string, nameOf: (uid: string) => string): Mentionable[] {
  const people = standing.people.filter((uid) => uid !== me).map((uid) => ({ uid, name: nameOf(uid) }));
  const count = new Map<string, number>();
  for (const { name } of people) count.set(name, (count.get(name) ?? 0) + 1);
  const named = people.map(({ uid, name }) => ({ uid, name: count.get(name) === 1 ? name : uid }));
  return standing.isAdmin && !standing.isChannel ? [...named, { uid: '*', name: t.everyone }] : named;
}

/** The mention that is being written before the caret, if there is one. */
export function mentionAt(text: string, caret: number) {
  const begun = /(?:^|[\s(])@([^\s@]{0,40}(?: [^\s@]{1,40})?)$/u.exec(text.slice(0, caret));
  if (!begun) return undefined;
  const typed = begun[1]!.toLocaleLowerCase();
  return {
    /** Where its @ is. */
    from: caret - begun[1]!.length - 1,
    among: (people: readonly Mentionable[]) =>
      people
        .filter(({ uid, name }) => {
          const words = [name, ...name.split(' '), uid === '*' ? 'all' : uid].map((word) => word.toLocaleLowerCase());
          return words.some((word) => word.startsWith(typed));
        })
        .slice(0, MOST),
  };
}

/** A text as it is sent: `@<uid>` in place of names, and whom it mentions, at most 50. */
export function withIds(text: string, people: readonly Mentionable[]): { text: string; mentions: string[] } {
  const mentions = new Set<string>();
  let result = text;
  // The longest first: @Ann Lee is not @Ann.
  for (const { uid, name } of [...people].sort((a, b) => b.name.length - a.name.length)) {
    for (const word of new Set([name, uid === '*' ? 'all' : uid])) {
      const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      // The end of a name is where no letter follows; Chinese has no spaces.
      const mark = new RegExp(`(^|[\\s(])@${escaped}(?![\\p{Script=Latin}\\p{N}_-])`, 'gu');
      result = result.replace(mark, (_all, before: string) => {
        mentions.add(uid);
        return `${before}@${uid === '*' ? 'all' : uid}`;
      });
    }
  }
  // Everybody is mentioned alone.
  return { text: result, mentions: mentions.has('*') ? ['*'] : [...mentions].slice(0, 50) };
}
