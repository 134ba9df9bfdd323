import type { Profile, Store, StoredConversation, StoredMessage } from './db.ts';

/** How many are found at most, and how many messages are looked at: the newest of each conversation. */
const MOST_FOUND = 40;
const MOST_LOOKED_AT = 20_000;

/** What a search found in this browser. */
export interface Found {
  /** Conversations by the name of the person or the group. */
  conversations: string[];
  /** Messages, the newest first. */
  messages: StoredMessage[];
}

/** Looks in what this browser keeps: names, ids, texts and files that contain the query. */
export async function search(store: Store, query: string): Promise<Found> {
  const wanted = query.toLocaleLowerCase();
  const has = (text: string) => text.toLocaleLowerCase().includes(wanted);
  const [profiles, conversations] = await Promise.all([store.profiles.toArray(), store.conversations.toArray()]);
  const known = new Map<string, Profile | StoredConversation>();
  for (const one of [...conversations, ...profiles]) known.set(one.conversation, one);
  const byName = [...known.values()].filter(
    (one) => has(one.conversation.slice(one.conversation.indexOf(':') + 1)) || ('name' in one && has(one.name)),
  );
  let looked = 0;
  const messages: StoredMessage[] = [];
  for (const { conversation } of conversations.sort((a, b) => b.position - a.position)) {
    if (looked >= MOST_LOOKED_AT) break;
    await store.messages
      .where('[conversation+seq]')
      .between([conversation, 0], [conversation, Infinity])
      .reverse()
      .until(() => looked++ >= MOST_LOOKED_AT)
      .filter(({ action, fields, attachments = [] }) => {
        const texts = [...Object.values(fields), ...attachments.map(({ name }) => name)];
        return !action && texts.some(has);
      })
      .limit(MOST_FOUND)
      .each((message) => messages.push(message));
  }
  return {
    conversations: byName.map(({ conversation }) => conversation).slice(0, MOST_FOUND),
    messages: messages.sort((a, b) => Date.parse(b.sentAt) - Date.parse(a.sentAt)).slice(0, MOST_FOUND),
  };
}
