import { ApiError } from './api-error.ts';
import { Backoff, pause } from './backoff.ts';
import type { Client } from './client.ts';
import { isOffline, onLineChange } from './online.ts';
import type { Message } from './schemas.ts';

/** What one writes: fields, files or both. */
export interface Draft {
  fields?: Record<string, string>;
  /** The id of an earlier message of the conversation. */
  replyTo?: string;
  /** Uids, or `*` alone for everybody in a group. */
  mentions?: string[];
  /** Files that were uploaded, and what they are called in this message. */
  attachments?: { file: string; name: string }[];
}

/** A message on its way out. */
export interface Outgoing extends Draft {
  /** Its name, by which the service knows it again. */
  clientMessageId: string;
  conversation: string;
  /** When it was written, ms since 1970: it is sent in this order. */
  writtenAt: number;
  /** When it was first sent, ms since 1970; absent before. */
  triedAt?: number;
  /** Why the service takes it not: it stays until it is retried or discarded. */
  refusal?: { code: string; detail: string };
}

/** Where messages wait; whatever else reads and writes there, such as another tab. */
export interface OutboxStorage {
  /** All of them, in the order of `writtenAt`. */
  list(): Promise<Outgoing[]>;
  add(message: Outgoing): Promise<void>;
  /** Replaces what `change` has; undefined in it removes. @returns false if there is no such message any more */
  update(clientMessageId: string, change: OutgoingChange): Promise<boolean>;
  remove(clientMessageId: string): Promise<void>;
}

export interface OutgoingChange {
  triedAt?: number | undefined;
  refusal?: Outgoing['refusal'] | undefined;
}

export interface OutboxOptions {
  /** The memory of this program by default. */
  storage?: OutboxStorage;
  /** It is there: keep it before it leaves the storage. If this fails it is called again. */
  onSent?(message: Message, outgoing: Outgoing): unknown;
  /** It was refused for good. */
  onRefused?(outgoing: Outgoing, error: ApiError): unknown;
}

/** From a start to a stop. */
interface Run {
  ending: AbortController;
  /** The conversations that are being sent to. */
  busy: Set<string>;
}

/** So long the service knows a message by its name, at least (IDEMPOTENCY_TTL is 24 hours by default). */
const KNOWN_MS = 23 * 3_600_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/**
 * Sends messages, those of a conversation one after the other. While the outcome is not known the same one is sent again under
 * the same name: it gets there once, however often it was sent.
 */
export class Outbox {
  readonly #post: Client['POST'];
  readonly #storage: OutboxStorage;
  readonly #options: OutboxOptions;
  readonly #backoff = new Backoff(FIRST_RETRY_MS, LAST_RETRY_MS);
  #run: Run | undefined;
  /** How often it was told to look; ends what pauses meanwhile. */
  #looks = 0;
  #waking = new AbortController();
  #forget: () => void = () => {};

  constructor(post: Client['POST'], options: OutboxOptions = {}) {
    this.#post = post;
    this.#options = options;
    this.#storage = options.storage ?? new MemoryStorage();
  }

  /** Puts a message into the storage; it is sent as soon as that is possible. */
  async send(conversation: string, draft: Draft): Promise<Outgoing> {
    const outgoing = { clientMessageId: newClientMessageId(), conversation, ...draft, writtenAt: Date.now() };
    await this.#storage.add(outgoing);
    this.look();
    return outgoing;
  }

  /** Lets a refused message be sent again, under the same name: it can't be doubled. */
  async retry(clientMessageId: string): Promise<void> {
    await this.#storage.update(clientMessageId, { refusal: undefined });
    this.look();
  }

  discard(clientMessageId: string): Promise<void> {
    return this.#storage.remove(clientMessageId);
  }

  /** Sends from now on what is in the storage; one outbox for a storage should, at a time. */
  start(): void {
    if (this.#run) return;
    this.#run = { ending: new AbortController(), busy: new Set() };
    this.#forget = onLineChange((isOnline) => {
      if (isOnline) this.look();
    });
    this.look();
  }

  /** Sends no more; what is on its way stays in the storage, and is sent again after the next start. */
  stop(): void {
    this.#forget();
    this.#run?.ending.abort();
    this.#run = undefined;
  }

  /** Looks into the storage, where something may have changed, and tries now what waits to be tried again. */
  look(): void {
    if (!this.#run) return;
    this.#looks++;
    this.#backoff.reset();
    this.#waking.abort();
    this.#waking = new AbortController();
    void this.#sendAll(this.#run);
  }

  async #sendAll({ ending: { signal: ending }, busy }: Run): Promise<void> {
    const waiting = await this.#waitingOnes().catch(() => undefined);
    // A storage that can't be read may be readable later.
    if (!waiting) {
      await this.#pause(ending);
      if (!ending.aborted) this.look();
      return;
    }
    for (const conversation of new Set(waiting.map((outgoing) => outgoing.conversation))) {
      if (ending.aborted || busy.has(conversation)) continue;
      busy.add(conversation);
      void this.#sendTo(conversation, ending, busy);
    }
  }

  async #waitingOnes(): Promise<Outgoing[]> {
    return (await this.#storage.list()).filter(({ refusal }) => refusal === undefined);
  }

  /** All that waits for a conversation, until nothing does. */
  async #sendTo(conversation: string, ending: AbortSignal, busy: Set<string>): Promise<void> {
    busy.add(conversation);
    for (let isDone = false; !isDone && !ending.aborted; ) {
      const looks = this.#looks;
      try {
        const waiting = (await this.#waitingOnes()).filter((outgoing) => outgoing.conversation === conversation);
        for (const outgoing of waiting) await this.#attempt(outgoing, ending);
        isDone = waiting.length === 0 && looks === this.#looks;
      } catch (error) {
        await this.#pause(ending, error);
      }
    }
    busy.delete(conversation);
  }

  /** @throws anything if it has to be tried again */
  async #attempt(outgoing: Outgoing, ending: AbortSignal): Promise<void> {
    ending.throwIfAborted();
    const { clientMessageId, conversation, triedAt = Date.now() } = outgoing;
    if (isOffline()) throw new Error('offline');
    // Whoever has discarded it meanwhile does not want it sent.
    if (!(await this.#storage.update(clientMessageId, { triedAt }))) return;
    if (Date.now() - triedAt > KNOWN_MS) {
      const detail =
        'It was sent long ago, and is not known to have arrived: look whether it is there before you send it again.';
      return this.#refuse(outgoing, new ApiError(0, { code: 'outcome_unknown', detail }));
    }
    try {
      const message = await this.#post('/v1/users/{uid}/conversations/{conversation}/messages', {
        params: { path: { uid: 'me', conversation } },
        body: { clientMessageId, ...draftOf(outgoing) },
        signal: ending,
      });
      await this.#options.onSent?.(message, outgoing);
      await this.#storage.remove(clientMessageId);
      this.#backoff.reset();
    } catch (error) {
      // Who has no right to send at all may have it again with another token.
      const isFinal = error instanceof ApiError && !error.isTemporary && !error.endsSession;
      if (!isFinal) throw error;
      await this.#refuse(outgoing, error);
    }
  }

  async #refuse(outgoing: Outgoing, error: ApiError): Promise<void> {
    // Tried again it counts as new: it is the person's decision.
    const refusal = { code: error.code, detail: error.message };
    await this.#storage.update(outgoing.clientMessageId, { refusal, triedAt: undefined });
    await this.#options.onRefused?.({ ...outgoing, refusal }, error);
  }

  /** As long as the error asks for, or ever longer; a look ends it. */
  #pause(ending: AbortSignal, error?: unknown): Promise<void> {
    const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    return pause(Math.max(askedMs, this.#backoff.next()), ending, this.#waking.signal);
  }
}

/** A storage that ends with the program. */
export class MemoryStorage implements OutboxStorage {
  readonly #messages = new Map<string, Outgoing>();

  async list(): Promise<Outgoing[]> {
    return [...this.#messages.values()];
  }

  async add(message: Outgoing): Promise<void> {
    this.#messages.set(message.clientMessageId, message);
  }

  async update(clientMessageId: string, change: OutgoingChange): Promise<boolean> {
    const message = this.#messages.get(clientMessageId);
    if (!message) return false;
    const changed = Object.entries({ ...message, ...change }).filter(([, value]) => value !== undefined);
    this.#messages.set(clientMessageId, Object.fromEntries(changed) as unknown as Outgoing);
    return true;
  }

  async remove(clientMessageId: string): Promise<void> {
    this.#messages.delete(clientMessageId);
  }
}

/** What is sent of what waits: a storage may keep more of it. */
function draftOf({ fields, replyTo, mentions, attachments }: Outgoing): Draft {
  return {
    ...(fields ? { fields } : {}),
    ...(replyTo ? { replyTo } : {}),
    ...(mentions ? { mentions } : {}),
    ...(attachments ? { attachments } : {}),
  };
}

/** A name for a message that nobody else will choose. (`crypto.randomUUID` is for pages of https and of this machine only.) */
export function newClientMessageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
