import type { Violation } from './checker.ts';
import type { Arrival } from './hook-receiver.ts';

/** An event that the journal has. */
export interface Decided {
  id: string;
  type: string;
  /** Of a message, or of a change of one: where it is (`<log> <mid>`), and what that is called for who has done it. */
  message?: string;
  shown?: string;
}

/** What was decided while a webhook was there, from both ends. */
export interface Owed {
  /** The journal's events, in their order. */
  events: readonly Decided[];
  /** Where each message is (`<log> <mid>`) that was answered as stored. */
  acknowledged: readonly string[];
  /** Where each message is that the logs have. */
  stored: readonly string[];
}

/** What may be wrong about how events came, and is not, because of what happened. */
export interface Allowed {
  /** How often something may come again after it was taken: what was under way when a node or Redis ended. */
  repeats: number;
  /** Whether events may come in another order: not where all that came was taken. */
  disorder: boolean;
}

/** How many events are sent before the next ones are looked at: so many at most may be overtaken. */
const PAGE = 100;

/** Compares what came to a webhook with what was decided: all of it came, nothing else did, and a repeat is known as one. */
export function checkHook(
  arrivals: readonly Arrival[],
  { events, acknowledged, stored }: Owed,
  allowed: Allowed,
): Violation[] {
  const violations: Violation[] = [];
  const blame = (kind: Violation['kind'], detail: string) => void violations.push({ kind, detail });
  const decided = new Map(events.map((event, index) => [event.id, { ...event, index }]));
  const taken = new Set<string>();
  const first = new Map<string, string>();
  let repeats = 0;
  let newest = -1;
  for (const { id, text, isTaken } of arrivals) {
    const event = decided.get(id);
    const what = told(text);
    if (!event) blame('phantom', `${id} came, which the journal does not have`);
    else if (what !== `${event.type} ${event.shown ?? ''}`)
      blame('phantom', `${id} came as ${what}, and is ${event.type} ${event.shown ?? ''}`);
    if (taken.has(id)) repeats++;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, what);
      if (event && !allowed.disorder && event.index < newest - PAGE)
        blame('order', `${id} came after more than ${PAGE} later ones`);
      newest = Math.max(newest, event?.index ?? -1);
    } else if (before !== what) blame('doubled', `${id} came as ${before}, and as ${what}`);
    if (isTaken) taken.add(id);
  }
  if (repeats > allowed.repeats) blame('doubled', `${repeats} events came again, and ${allowed.repeats} might have`);
  const came = new Set(
    events.flatMap(({ id, type, message }) => (message && type === 'message.created' && taken.has(id) ? message : [])),
  );
  for (const { id, type } of events) if (!taken.has(id)) blame('lost', `${id} (${type}) never came to a webhook`);
  for (const message of acknowledged) {
    if (!came.has(message)) blame('lost', `${message} was answered as stored, and never came to a webhook`);
  }
  for (const message of stored)
    if (!came.has(message)) blame('lost', `${message} is stored, and never came to a webhook`);
  return violations;
}

/** What an event says it is; of a message, which one. */
function told(text: string): string {
  const { type, data } = JSON.parse(text) as { type: string; data: { message?: { id: string; conversation: string } } };
  return `${type} ${data.message ? `${data.message.conversation} ${data.message.id}` : ''}`;
}
