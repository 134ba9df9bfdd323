import { demoSecret } from './api/demo.svelte.ts';

/** Where in the page one is. It is in the address behind #, so that back, reload and bookmarks work. */
export type Place =
  | { at: 'chats' | 'contacts' | 'me' }
  /** `message` is one to show there. */
  | { at: 'chat'; conversation: string; message?: string }
  | { at: 'group'; gid: string }
  | { at: 'person'; uid: string };

function placeOf(hash: string): Place {
  const [first = '', second = '', third] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (first === 'chat' && /^(user|group):./.test(second)) {
    return { at: 'chat', conversation: second, ...(third ? { message: third } : {}) };
  }
  if (first === 'group' && second !== '') return { at: 'group', gid: second };
  // In a path of the API it is oneself.
  if (first === 'person' && second === 'me') return { at: 'me' };
  if (first === 'person' && second !== '') return { at: 'person', uid: second };
  return { at: first === 'contacts' || first === 'me' ? first : 'chats' };
}

/** An address that was mangled on its way leads to the start, and breaks nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

class Router {
  place = $state.raw<Place>(placeOf(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      this.place = placeOf(location.hash);
    });
  }
}

export const router = new Router();

export function addressOf(place: Place): string {
  if (place.at === 'chat') {
    const message = place.message ? `/${encodeURIComponent(place.message)}` : '';
    return `#/chat/${encodeURIComponent(place.conversation)}${message}`;
  }
  if (place.at === 'group') return `#/group/${encodeURIComponent(place.gid)}`;
  if (place.at === 'person') return `#/person/${encodeURIComponent(place.uid)}`;
  return `#/${place.at}`;
}

export function goTo(place: Place): void {
  location.hash = addressOf(place);
}

/** The address that leads others to a person or a group, to be shown. */
export function linkTo(place: Place): string {
  return location.origin + location.pathname + addressOf(place);
}

/** The same to be copied: where one logs in by a name, who opens it can do that. */
export function inviteTo(place: Place): string {
  return location.origin + location.pathname + demoSecret.within(addressOf(place));
}

/** The place that a link leads to, if `text` is one. */
export function placeOfLink(text: string): Place | undefined {
  const place = placeOf(`#${/#(?:demo=[^/]*)?(\/.*)$/.exec(text)?.[1] ?? ''}`);
  return place.at === 'person' || place.at === 'group' ? place : undefined;
}
