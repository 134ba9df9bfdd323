/**
 * The secret that lets one sign in with a mere name where the service gives it to who started it: the link in the
 * terminal ends in `#demo=<secret>`, and may lead to a place, `#demo=<secret>/person/ann`. What stands behind # is never sent anywhere; out of the address it goes at once, so
 * that it gets into no bookmark and no picture of the screen. This tab keeps it, to log in again under another name.
 */
const KEY = 'redisim.demo';
const LINK = /^#demo=([^/]+)(\/.*)?$/;

class DemoSecret {
  #value = $state(sessionStorage.getItem(KEY) ?? undefined);

  constructor() {
    this.#take();
    addEventListener('hashchange', () => this.#take());
  }

  get value(): string | undefined {
    return this.#value;
  }

  /** To be called when the service does not know it. */
  forget(): void {
    sessionStorage.removeItem(KEY);
    this.#value = undefined;
  }

  /** An address behind # of this page, with the secret: who opens it on this machine can log in by a name. */
  within(address: string): string {
    return this.#value === undefined ? address : address.replace('#', `#demo=${encodeURIComponent(this.#value)}`);
  }

  #take(): void {
    const [, text, place] = LINK.exec(location.hash) ?? [];
    if (text === undefined) return;
    const secret = decoded(text);
    history.replaceState(history.state, '', location.pathname + location.search + (place ? `#${place}` : ''));
    sessionStorage.setItem(KEY, secret);
    this.#value = secret;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const demoSecret = new DemoSecret();
