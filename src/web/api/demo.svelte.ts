/**
 * The secret that lets one sign in with a mere name where the service gives it to who started it: the link in the
 * terminal ends in `#demo=<secret>`. What stands behind # is never sent anywhere; out of the address it goes at once, so
 * that it gets into no bookmark and no picture of the screen. This tab keeps it, to log in again under another name.
 */
const KEY = 'redisim.demo';
const LINK = /^#demo=(.+)$/;

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

  #take(): void {
    const secret = secretIn(location.hash);
    if (secret === undefined) return;
    history.replaceState(history.state, '', location.pathname + location.search);
    sessionStorage.setItem(KEY, secret);
    this.#value = secret;
  }
}

function secretIn(hash: string): string | undefined {
  const text = LINK.exec(hash)?.[1];
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const demoSecret = new DemoSecret();
