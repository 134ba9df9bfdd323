/** Where in the page one is. It is in the address behind #, so that back, reload and bookmarks work. */
export type Place =
  | { at: 'chats' | 'contacts' | 'me' }
  /** `message` is one to show there. */
  | { at: 'chat'; conversation: string; message?: string }
  | { at: 'group'; gid: string };

function placeOf(hash: string): Place {
  const [first = '', second = '', third] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  if (first === 'chat' && /^(user|group):./.test(second)) {
    return { at: 'chat', conversation: second, ...(third ? { message: third } : {}) };
  }
  if (first === 'group' && second !== '') return { at: 'group', gid: second };
  return { at: first === 'contacts' || first === 'me' ? first : 'chats' };
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
  return `#/${place.at}`;
}

export function goTo(place: Place): void {
  location.hash = addressOf(place);
}
