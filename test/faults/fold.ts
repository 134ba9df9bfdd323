import type { LogEntry, Shown } from './history.ts';

/** A message or an event, with all that came of it. By docs/keys.md alone: the service's own code is what is checked. */
export interface Folded {
  id: string;
  /** What everybody is shown alike. */
  shown: Omit<Shown, 'reactions'>;
  /** Who has reacted with what. */
  reactions: Map<string, string[]>;
  /** Each reaction that the message has, in the order in which they came, and how often `ms:` says. */
  counted: Map<string, number>;
  /** The edits that the log has of it, and those that `ms:` names. */
  edits: string[];
  named: string[];
  isErased: boolean;
}

/** What a log says of each of its messages and events, in their order. */
export function fold(entries: readonly LogEntry[], kept: ReadonlyMap<string, string>): Folded[] {
  const edits = new Map<string, LogEntry[]>();
  const replies = new Map<string, number>();
  for (const entry of entries) {
    if (entry.action === 'edit') edits.set(entry.target!, [...(edits.get(entry.target!) ?? []), entry]);
    if (entry.reply) replies.set(entry.reply, (replies.get(entry.reply) ?? 0) + 1);
  }
  const reactions = new Map<string, Map<string, string[]>>();
  for (const [name, value] of kept) {
    const [, seq, uid] = /^(\d+):by:(.*)$/s.exec(name) ?? [];
    if (!seq) continue;
    reactions.set(seq, (reactions.get(seq) ?? new Map<string, string[]>()).set(uid!, value.split(' ').filter(Boolean)));
  }
  return entries
    .filter(({ action }) => action !== 'edit' && action !== 'erase')
    .map(({ id, from, fields, action, by, cid, reply, erasedAt }) => {
      const seq = id.slice(id.indexOf('-') + 1);
      const of = edits.get(id) ?? [];
      const edit = JSON.parse(kept.get(`${seq}:edit`) ?? '{"ids":[]}') as { at?: string; ids: string[] };
      const counted = [...(kept.get(`${seq}:reactions`) ?? '').matchAll(/(\S+) (\d+)/g)];
      const replyCount = replies.get(id) ?? 0;
      const isErased = erasedAt !== undefined;
      const shown = {
        id,
        from,
        fields: of.at(-1)?.fields ?? fields,
        ...(isErased ? { action: 'gone', erasedAt: timeOf(erasedAt) } : action === undefined ? {} : { action }),
        ...(by === undefined ? {} : { by }),
        ...(cid === undefined ? {} : { clientMessageId: cid }),
        ...(reply === undefined ? {} : { replyTo: reply }),
        ...(replyCount === 0 || isErased ? {} : { replyCount }),
        // When it was edited is not in the log, whose clock never goes back.
        ...(of.length > 0 && edit.at ? { editedAt: timeOf(edit.at) } : {}),
      };
      return {
        id,
        shown,
        reactions: reactions.get(seq) ?? new Map(),
        counted: new Map(counted.map(([, reaction, count]) => [reaction!, Number(count)])),
        edits: of.map((one) => one.id),
        named: edit.ids,
        isErased,
      };
    });
}

/** How a message has to be shown to a reader. */
export function shownTo(uid: string, { shown, reactions, counted }: Folded): Shown {
  const own = reactions.get(uid) ?? [];
  const counts = [...counted.keys()].map((reaction) => ({
    reaction,
    count: countOf(reactions, reaction),
    mine: own.includes(reaction),
  }));
  return { ...shown, ...(counts.length === 0 ? {} : { reactions: counts }) };
}

/** How many people have reacted so. */
export function countOf(reactions: ReadonlyMap<string, readonly string[]>, reaction: string): number {
  return [...reactions.values()].filter((own) => own.includes(reaction)).length;
}

function timeOf(ms: string): string {
  return new Date(Number(ms)).toISOString();
}
