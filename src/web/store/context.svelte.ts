import { getContext, setContext } from 'svelte';
import type { Chat } from './chat.svelte.ts';
import type { Profile } from './db.ts';
import { idOf, isGroup } from './ids.ts';
import { live } from './live.svelte.ts';

const KEY = Symbol('chat');

interface Shared {
  chat: Chat;
  names: Names;
}

/** Names and pictures for what is shown; each that is asked for is kept fresh. */
class Names {
  readonly #chat: Chat;
  readonly #known: { readonly value: Map<string, Profile> | undefined };

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#known = live(
      () => chat,
      async ({ store }) => new Map((await store.profiles.toArray()).map((profile) => [profile.conversation, profile])),
    );
  }

  of(conversation: string): Pick<Profile, 'name' | 'avatar' | 'kind'> {
    this.#chat.profiles.want(conversation);
    return this.#known.value?.get(conversation) ?? { name: idOf(conversation), avatar: '' };
  }

  isChannel(conversation: string): boolean {
    return this.of(conversation).kind === 'channel';
  }

  /** Whether one tells there that one is typing: not in a channel, and not before it is known whether it is one. */
  showsTyping(conversation: string): boolean {
    return !isGroup(conversation) || this.of(conversation).kind === 'group';
  }
}

/** Makes a chat known to all components below. */
export function shareChat(chat: Chat): Shared {
  return setContext(KEY, { chat, names: new Names(chat) });
}

export function useChat(): Shared {
  return getContext<Shared>(KEY);
}
