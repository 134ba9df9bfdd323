import type { ConversationKind, EventType, JournalEntry } from '../journal/journal-entry.ts';

/** A secret, and until when a former one still signs beside its successor, ms since 1970. */
interface Secret {
  secret: string;
  untilMs?: number;
}

/** What is set up for a webhook, as it is kept. */
export interface WebhookRecord {
  url: string;
  /** Absent: every type. */
  events?: EventType[];
  /** Absent: every kind. What is about no conversation is sent in any case. */
  conversationKinds?: ConversationKind[];
  /** The newest first. */
  secrets: Secret[];
  createdAtMs: number;
  /** Why nothing is sent. */
  disabled?: DisabledReason;
}

export type DisabledReason = 'by_hand' | 'gone' | 'failing';

/** The name of a webhook among the consumers of the journal: no other one has a colon. */
export const consumerOf = (id: string) => `webhook:${id}`;

/** Those that sign now. */
export function secretsOf({ secrets }: WebhookRecord, nowMs: number): string[] {
  return secrets.filter(({ untilMs = Infinity }) => untilMs > nowMs).map(({ secret }) => secret);
}

/** Whether a webhook is sent an event. */
export function wants({ events, conversationKinds }: WebhookRecord, { type, conversationKind }: JournalEntry): boolean {
  if (events && !events.includes(type)) return false;
  return !conversationKinds || conversationKind === undefined || conversationKinds.includes(conversationKind);
}
