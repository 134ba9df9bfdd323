import { isDeepStrictEqual } from 'node:util';
import type { Blame } from './checker.ts';
import { countOf, type Folded, fold, shownTo } from './fold.ts';
import type { Change, History, Shown, Truth } from './history.ts';

/** What was changed of messages is there as it was answered, and everybody is shown what the logs say. */
export function checkChanges(history: History, truth: Truth, blame: Blame): void {
  const folded = new Map(
    [...truth.logs].map(([log, entries]) => [log, fold(entries, truth.kept.get(log) ?? new Map())]),
  );
  const changes = groupBy(history.changes, ({ log, mid }) => `${log} ${mid}`);
  checkRefused(history, blame);
  for (const [log, messages] of folded) {
    for (const message of messages)
      checkMessage(log, message, changes.get(`${log} ${message.id}`) ?? [], history, blame);
  }
  checkTexts(truth, blame);
  checkReacted(history, truth, blame);
  checkShown(folded, truth, blame);
}

/** Nobody is told that a message is not there, unless it was to be erased, or may be lost. */
function checkRefused({ changes, missed, mayLose }: History, blame: Blame): void {
  if (mayLose) return;
  const erased = new Set(changes.filter(({ kind }) => kind === 'erase').map(({ log, mid }) => `${log} ${mid}`));
  const refused = changes.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === 'refused'));
  for (const of of [...refused.map(({ log, mid }) => `${log} ${mid}`), ...missed])
    if (!erased.has(of)) blame('answer', `${of} was told not to be there, and nobody has erased it`);
}

/** One message: its text, whether it is there, and who has reacted to it. */
function checkMessage(log: string, message: Folded, changes: readonly Change[], history: History, blame: Blame): void {
  const what = `${log} ${message.id}`;
  const of = (...kinds: Change['kind'][]) => changes.filter(({ kind }) => kinds.includes(kind));
  const erased = possible<boolean>(of('erase'), false, () => true, history);
  if (!erased.has(message.isErased))
    blame('erasure', `${what} ${message.isErased ? 'is erased, and nobody did it' : 'was erased, and is there'}`);
  if (message.isErased) {
    const left = [...message.reactions.keys(), ...message.counted.keys(), ...message.edits, ...message.named];
    if (left.length > 0) blame('erasure', `${what} is erased, and has left ${left.join(' ')}`);
    return;
  }
  const texts = possible<string | undefined>(of('edit'), undefined, ({ value }) => value, history);
  const text = message.edits.length === 0 ? undefined : message.shown.fields.text;
  if (!texts.has(text)) blame('edit', `${what} has the text ${text}, not ${[...texts].join(' or ')}`);
  if (!isDeepStrictEqual(message.edits, message.named))
    blame('edit', `${what} was edited by ${message.edits.join(' ')}, and ms:${log} says ${message.named.join(' ')}`);

  const reacted = groupBy(of('react', 'unreact'), ({ actor, value }) => `${actor} ${value}`);
  for (const [uid, own] of message.reactions) {
    for (const reaction of own)
      if (!reacted.has(`${uid} ${reaction}`)) blame('reaction', `${uid} has not reacted to ${what} with ${reaction}`);
  }
  for (const [by, all] of reacted) {
    const [uid, reaction] = by.split(' ') as [string, string];
    const has = message.reactions.get(uid)?.filter((one) => one === reaction).length ?? 0;
    const counts = possible<number>(all, 0, ({ kind }) => (kind === 'react' ? 1 : 0), history);
    if (!counts.has(has))
      blame('reaction', `${uid} has reacted to ${what} with ${reaction} ${[...counts].join(' or ')} times, not ${has}`);
  }
  const kinds = new Set([...message.counted.keys(), ...[...message.reactions.values()].flat()]);
  for (const reaction of kinds) {
    const [count, people] = [message.counted.get(reaction) ?? 0, countOf(message.reactions, reaction)];
    if (count !== people) blame('reaction', `${what} counts ${reaction} ${count} times, of ${people} people`);
  }
}

/**
 * What something may be in the end that was changed one time after the other. What was answered holds until the next
 * change; what was not may have been done at any time since, even after later changes.
 */
function possible<Value>(
  changes: readonly Change[],
  initial: Value,
  toValue: (change: Change) => Value,
  { mayLose }: History,
): Set<Value> {
  let now = new Set([initial]);
  const late = new Set<Value>();
  for (const change of changes) {
    const value = toValue(change);
    const acknowledged = change.attempts.filter(({ outcome }) => outcome === 'ok');
    if (change.attempts.some(({ outcome }) => outcome === 'unknown')) late.add(value);
    if (acknowledged.length === 0) continue;
    // An answer from when Redis lost data holds, or does not.
    const isSure = acknowledged.some(({ from, to }) => !mayLose || to < mayLose.from || from > mayLose.to);
    now = new Set(isSure ? [value] : [...now, value]);
  }
  return new Set([...now, ...late]);
}

function groupBy<Item>(items: readonly Item[], of: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(of(item));
    if (group) group.push(item);
    else groups.set(of(item), [item]);
  }
  return groups;
}

/** Nothing of what was erased is in a log any more: each text has the key of its message. */
function checkTexts({ logs }: Truth, blame: Blame): void {
  for (const [log, entries] of logs) {
    const erased = new Set(entries.flatMap(({ erasedAt, key }) => (erasedAt === undefined ? [] : key)));
    for (const { id, fields, erasedAt } of entries)
      if (erasedAt === undefined && fields.k !== undefined && erased.has(fields.k))
        blame('erasure', `${log} ${id} has what was erased with ${fields.k}`);
  }
}

/** An author finds one event for each person who has reacted to a message, the first time. */
function checkReacted(history: History, { inboxes }: Truth, blame: Blame): void {
  const authors = new Map<string, string>();
  for (const { log, from, attempts } of history.sends)
    for (const { mid } of attempts) if (mid) authors.set(`${log} ${mid}`, from);
  const reacting = history.changes.filter(({ kind }) => kind === 'react');
  for (const [uid, entries] of inboxes) {
    if (history.broken.has(uid)) continue;
    const found = entries.flatMap(({ log, reacted }) => (reacted ? `${log} ${reacted.target} ${reacted.from}` : []));
    const seen = new Set<string>();
    for (const one of found) {
      if (seen.has(one)) blame('doubled', `${uid} was told twice of the reaction ${one}`);
      seen.add(one);
    }
    if (history.trimmed.has(uid) || history.mayLose) continue;
    for (const { log, mid, actor, attempts } of reacting) {
      const isTold = seen.has(`${log} ${mid} ${actor}`);
      const isDone = attempts.some(({ outcome }) => outcome === 'ok');
      if (isDone && !isTold && actor !== uid && authors.get(`${log} ${mid}`) === uid)
        blame('reaction', `${uid} was not told that ${actor} has reacted to ${log} ${mid}`);
    }
  }
}

/** Everybody is shown what the logs say: histories in both directions, and the newest message of each conversation. */
function checkShown(folded: ReadonlyMap<string, Folded[]>, { told }: Truth, blame: Blame): void {
  for (const [uid, conversations] of told) {
    for (const [log, { back, on, isWhole, last }] of conversations) {
      const expected = (folded.get(log) ?? []).map((message) => shownTo(uid, message));
      const compare = (direction: string, shown: readonly Shown[], wanted: readonly Shown[]) => {
        const wrong = Array.from({ length: Math.max(shown.length, wanted.length) }, (_, i) => i).find(
          (i) => !isDeepStrictEqual(shown[i], wanted[i]),
        );
        if (wrong === undefined) return;
        const [is, should] = [JSON.stringify(shown[wrong]), JSON.stringify(wanted[wrong])];
        blame('history', `${uid} is shown ${is} in ${log} (${direction}), not ${should}`);
      };
      compare('back', back, isWhole ? expected : expected.slice(-back.length));
      compare('on', on, isWhole ? expected : expected.slice(0, on.length));
      if (!isDeepStrictEqual(last, expected.at(-1)))
        blame(
          'last',
          `${uid} has ${JSON.stringify(last)} as the last of ${log}, not ${JSON.stringify(expected.at(-1))}`,
        );
    }
  }
}
