import { all, ask } from '../../api/client.ts';
import type { Chat } from '../../store/chat.svelte.ts';
import { idOf, isGroup } from '../../store/ids.ts';

/** The uids of one's contacts. @throws ApiError */
export async function contactsOf({ api }: Chat): Promise<string[]> {
  const list = await all((after) =>
    ask(
      api.GET('/v1/users/{uid}/contacts', {
        params: { path: { uid: 'me' }, query: { limit: 100, ...(after ? { after } : {}) } },
      }),
    ),
  );
  return list.flatMap(({ conversation }) => (isGroup(conversation) ? [] : [idOf(conversation)]));
}

/** Whom one knows: one's contacts, and whom one has a chat with; only the latter while the service can't be asked. */
export async function acquaintancesOf(chat: Chat): Promise<string[]> {
  const contacts = await contactsOf(chat).catch(() => []);
  const conversations = await chat.store.conversations.toCollection().primaryKeys();
  const inChats = conversations.filter((one) => !isGroup(one)).map(idOf);
  return [...new Set([...contacts, ...inChats])];
}

/** The uids of whom one has blocked. @throws ApiError */
export async function blockedBy({ api }: Chat): Promise<string[]> {
  const list = await all((after) =>
    ask(
      api.GET('/v1/users/{uid}/blocks', {
        params: { path: { uid: 'me' }, query: { limit: 100, ...(after ? { after } : {}) } },
      }),
    ),
  );
  return list.map(({ uid }) => uid);
}
