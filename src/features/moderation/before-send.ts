import { randomUUID } from 'node:crypto';
import { ImError } from '../../domain/errors.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Logger } from '../../redis/logger.ts';
import { Egress } from '../webhooks/egress.ts';
import { signedHeaders } from '../webhooks/signing.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** How long a question may take, from connecting to the end of the answer, ms. */
const TIMEOUT_MS = 1_000;
/** So many questions one node has open at most. */
export const MAX_OPEN = 256;
/** How many connections are kept while nothing is asked. */
const CONNECTIONS_KEPT = 64;
/** That answers fail is logged no more often than this, ms. */
const COMPLAINT_MS = 10_000;

/** What is asked. */
export interface Question {
  type: 'message.sending' | 'message.editing';
  space: SpaceName;
  data: object;
}

/** How a question came out; one `failed` that got no answer that can be used. */
export type Outcome = 'allowed' | 'denied' | 'replaced' | 'failed';

const OUTCOMES = { allow: 'allowed', deny: 'denied', replace: 'replaced' } as const satisfies Record<
  Verdict<never>['action'],
  Outcome
>;

export interface BeforeSendOptions {
  url: string;
  /** `whsec_…` */
  secret: string;
  /** Whether a message is sent where there is no answer. */
  failsOpen: boolean;
  log: Logger;
  /** Told how each question came out, and how long that took, s. */
  asked(outcome: Outcome, seconds: number, space: SpaceName): void;
}

/** The operator's own server, which is asked before a message is sent or edited. */
export class BeforeSend {
  readonly #options: BeforeSendOptions;
  // The operator names the address: it may be anywhere.
  readonly #egress = new Egress({
    allowsPrivate: true,
    timeoutMs: TIMEOUT_MS,
    connections: MAX_OPEN,
    connectionsKept: CONNECTIONS_KEPT,
  });
  #open = 0;
  #isClosed = false;
  #failures = 0;
  #complainedAt = -Infinity;

  constructor(options: BeforeSendOptions) {
    this.#options = options;
  }

  /**
   * Asks whether something may be done, and how.
   *
   * @param take takes the fields that are to replace those of the question; throws where they can't
   * @returns those; undefined where it may be done as it is
   * @throws ImError `message_denied` with the reason, or `unavailable` where there was no answer
   */
  async ask<Fields>(question: Question, take: (fields: unknown) => Fields): Promise<Fields | undefined> {
    const began = performance.now();
    const tell = (outcome: Outcome) =>
      this.#options.asked(outcome, (performance.now() - began) / 1_000, question.space);
    let verdict: Verdict<Fields>;
    try {
      verdict = verdictOf(await this.#post(question), take);
    } catch (error) {
      tell('failed');
      this.#complain(error as Error);
      // Of a node that stops nothing says that the server would not have answered.
      if (this.#options.failsOpen && !this.#isClosed) return undefined;
      throw notAsked(error);
    }
    tell(OUTCOMES[verdict.action]);
    if (verdict.action === 'deny') throw new ImError('message_denied', verdict.reason);
    return verdict.action === 'replace' ? verdict.fields : undefined;
  }

  /** Ends what is open. */
  close(): void {
    this.#isClosed = true;
    this.#egress.close();
  }

  async #post({ type, space, data }: Question): Promise<string> {
    if (this.#open >= MAX_OPEN) throw new Error(`${MAX_OPEN} questions wait for an answer`);
    const { url, secret } = this.#options;
    const now = new Date();
    const inSpace = space === '' ? {} : { space };
    const body = JSON.stringify({ type, timestamp: now.toISOString(), data: { ...inSpace, ...data } });
    const headers = { 'user-agent': 'redisim', ...signedHeaders(randomUUID(), body, [secret], now.getTime()) };
    this.#open++;
    try {
      const { status, text } = await this.#egress.post(url, headers, body);
      if (status < 200 || status > 299) throw new Error(`the answer has the status ${status}`);
      if (text === undefined) throw new Error('the answer is too long');
      return text;
    } finally {
      this.#open--;
    }
  }

  /** Logs that answers fail; the first one at once, and then how many there were. */
  #complain({ message: problem }: Error): void {
    this.#failures++;
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAINT_MS) return;
    const sent = this.#options.failsOpen ? 'sent as they are' : 'refused';
    this.#options.log.warn(
      { problem, failures: this.#failures },
      `nobody could be asked about messages, which are ${sent}: look at BEFORE_SEND_URL`,
    );
    this.#failures = 0;
    this.#complainedAt = now;
  }
}

function notAsked(cause: unknown): ImError {
  return new ImError(
    'unavailable',
    "What is asked before a message is sent can't be asked right now; nothing was done, try again.",
    { retryAfter: 1, cause },
  );
}
