import { dayOf } from '../i18n/time.ts';
import { isChange, type Outgoing, type StoredMessage } from '../store/db.ts';

/** What a chat shows, from the oldest to the newest. */
export type Entry =
  | { kind: 'day'; key: string; time: number }
  | { kind: 'unread'; key: string }
  | { kind: 'event'; key: string; message: StoredMessage }
  | { kind: 'bubble'; key: string; message: StoredMessage; isMine: boolean; begins: boolean; ends: boolean }
  | { kind: 'outgoing'; key: string; outgoing: Outgoing };

/** Entries that say the same as before are the same objects: what shows them has nothing to do. */
export function reused(entries: readonly Entry[], before: readonly Entry[]): Entry[] {
  const known = new Map(before.map((entry) => [entry.key, entry]));
  return entries.map((entry) => {
    const old = known.get(entry.key);
    return old && isSame(old, entry) ? old : entry;
  });
}

function isSame(a: object, b: object): boolean {
  const others = new Map(Object.entries(b));
  return (
    Object.entries(a).every(([name, value]) => others.get(name) === value) && Object.keys(a).length === others.size
  );
}

/** Messages of one person that follow within this time are shown as one group, ms. */
const GROUP_MS = 5 * 60_000;

/** `unreadFrom` is the number of the message above which the line for new messages stands. */
export function timeline(
  kept: readonly StoredMessage[],
  outbox: readonly Outgoing[],
  uid: string,
  unreadFrom = Infinity,
): Entry[] {
  // What an inbox says is gone, and of what nobody has erased, is merely kept no more.
  const messages = kept.filter((one) => !isChange(one) && (one.action !== 'gone' || one.erasedAt !== undefined));
  const entries: Entry[] = [];
  let day = 0;
  const isBubble = (message: StoredMessage | undefined) =>
    message !== undefined && (!message.action || message.action === 'gone');
  const together = (a: StoredMessage | undefined, b: StoredMessage | undefined) =>
    isBubble(a) &&
    isBubble(b) &&
    !(a!.seq < unreadFrom && b!.seq >= unreadFrom) &&
    a!.from === b!.from &&
    dayOf(a!.sentAt) === dayOf(b!.sentAt) &&
    Date.parse(b!.sentAt) - Date.parse(a!.sentAt) < GROUP_MS;
  messages.forEach((message, i) => {
    if (dayOf(message.sentAt) !== day) {
      day = dayOf(message.sentAt);
      entries.push({ kind: 'day', key: `day ${day} ${message.seq}`, time: day });
    }
    if (message.seq >= unreadFrom && !entries.some(({ kind }) => kind === 'unread')) {
      entries.push({ kind: 'unread', key: 'unread' });
    }
    if (!isBubble(message)) {
      entries.push({ kind: 'event', key: message.id, message });
      return;
    }
    entries.push({
      kind: 'bubble',
      // The same before and after it was sent, so that it stays where it is.
      key: (message.from === uid && message.clientMessageId) || message.id,
      message,
      isMine: message.from === uid,
      begins: !together(messages[i - 1], message),
      ends: !together(message, messages[i + 1]),
    });
  });
  const shown = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  for (const outgoing of outbox) {
    if (shown.has(outgoing.clientMessageId)) continue;
    if (dayOf(outgoing.writtenAt) > day) {
      day = dayOf(outgoing.writtenAt);
      entries.push({ kind: 'day', key: `day ${day} outgoing`, time: day });
    }
    entries.push({ kind: 'outgoing', key: outgoing.clientMessageId, outgoing });
  }
  return entries;
}
