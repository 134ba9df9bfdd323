import type { Message } from '@redisim/client';
import { withAttachments } from '../i18n/attachments.ts';
import { t } from '../i18n/texts.ts';
import { notify } from '../offline/register.ts';
import { isMuted } from './conversations.ts';
import { isSaid, type Store } from './db.ts';
import { idOf } from './ids.ts';
import type { Push } from './push.ts';

/** What the person has decided when asked; absent before. */
const KEY = 'redisim.notices';
const MOST_SHOWN = 200;

/**
 * Tells of messages that come while no tab of the user is in sight: by the browser's notifications, and a sound. Of what comes while
 * no tab is open the service tells, by `Push`.
 */
export class Notices {
  /** Whether the person is to be asked: something came while nobody looked, and nothing is decided yet. */
  isAsked = $state(false);
  readonly #store: Store;
  readonly #uid: string;
  readonly #push: Push;
  readonly #lock: string;
  readonly #ending = new AbortController();
  #release: () => void = () => {};

  constructor(store: Store, uid: string, push: Push) {
    this.#store = store;
    this.#push = push;
    this.#uid = uid;
    this.#lock = `redisim in sight ${uid}`;
    document.addEventListener('visibilitychange', this.#changed);
    this.#changed();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#changed);
    this.#ending.abort();
    this.#release();
  }

  async allow(): Promise<void> {
    this.isAsked = false;
    localStorage.setItem(KEY, await Notification.requestPermission());
    await this.#push.begin();
  }

  decline(): void {
    this.isAsked = false;
    localStorage.setItem(KEY, 'denied');
  }

  /** Messages have come, in the tab that follows the inbox. */
  async arrived(messages: readonly Message[]): Promise<void> {
    const said = messages.filter((message) => isSaid(message) && message.from !== this.#uid && !message.silent);
    if (said.length === 0 || !canNotify() || (await this.#isInSight())) return;
    // Who logs out is in sight no more, and is told nothing.
    if (this.#ending.signal.aborted) return;
    if (Notification.permission === 'default') {
      this.isAsked = localStorage.getItem(KEY) === null;
      return;
    }
    if (Notification.permission !== 'granted') return;
    let isTold = false;
    for (const conversation of new Set(said.map((message) => message.conversation))) {
      const known = await this.#store.conversations.get(conversation);
      if (!known || known.archived || isMuted(known)) continue;
      const last = said.filter((message) => message.conversation === conversation).at(-1)!;
      await notify(await this.#nameOf(conversation), await this.#bodyOf(last, known.unread), conversation);
      isTold = true;
    }
    if (isTold) beep();
  }

  async #bodyOf({ conversation, from = '', fields, attachments }: Message, unread: number): Promise<string> {
    const text = withAttachments(fields.text ?? Object.values(fields)[0] ?? '', attachments).slice(0, MOST_SHOWN);
    const line = conversation === `user:${from}` ? text : `${await this.#nameOf(`user:${from}`)}: ${text}`;
    return unread > 1 ? `${line}\n${t.unread(unread)}` : line;
  }

  async #nameOf(conversation: string): Promise<string> {
    return (await this.#store.profiles.get(conversation))?.name ?? idOf(conversation);
  }

  /** Whether any tab of the user is in sight: each that is holds a lock. */
  async #isInSight(): Promise<boolean> {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === this.#lock);
  }

  readonly #changed = () => {
    this.#release();
    if (document.visibilityState === 'hidden' || !navigator.locks) return;
    const until = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    const options = { mode: 'shared', signal: this.#ending.signal } as const;
    navigator.locks
      .request(this.#lock, options, () => until)
      .catch(() => {
        // Closed.
      });
  };
}

/** Only a page of https or of this machine has all of these. */
function canNotify(): boolean {
  return 'Notification' in globalThis && navigator.serviceWorker?.controller != null && navigator.locks !== undefined;
}

/** Two short tones. */
function beep(): void {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0.08 });
  gain.connect(context.destination);
  [660, 880].forEach((frequency, i) => {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain);
    tone.start(i * 0.12);
    tone.stop(i * 0.12 + 0.1);
  });
  setTimeout(() => void context.close(), 1_000);
}
