import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { conversationOf } from './changes.ts';
import { type Allowed, checkHook, type Decided, type Owed } from './hook-checker.ts';
import { HookReceiver } from './hook-receiver.ts';
import { ask, type Endpoint } from './requests.ts';
import type { Run } from './scenario.ts';

/** What a deployment needs so that both ends can be read: the journal keeps everything. */
export const HOOKED = { WEBHOOK_ALLOW_PRIVATE: 'true', JOURNAL: 'on', JOURNAL_MAX: '1000000' };

/** How long it may take until everything has come, ms. */
const SETTLE_MS = 30_000;

/** What is to be sent again is due now, as if the time had passed. */
const DUE_NOW = `
  for _, event in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], 'XX', 0, event) end`;

/** A webhook with its receiver. Nobody may be sending while it is made, nor while it is settled. */
export class Hook {
  readonly receiver: HookReceiver;
  readonly id: string;
  readonly #run: Run;
  /** The last event before it. */
  readonly #after: string;
  /** How many sends were asked for before it. */
  readonly #sent: number;
  readonly #before: ReadonlySet<string>;

  private constructor(
    run: Run,
    receiver: HookReceiver,
    made: { id: string; secret: string },
    before: { after: string; messages: ReadonlySet<string> },
  ) {
    this.#run = run;
    this.receiver = receiver;
    this.id = made.id;
    receiver.secret = made.secret;
    this.#after = before.after;
    this.#before = before.messages;
    this.#sent = run.history.sends.length;
  }

  static async start(run: Run): Promise<Hook> {
    const { admin } = run.deployment;
    const receiver = await HookReceiver.start();
    const before = { after: (await eventsOf(admin, '-')).at(-1)?.id ?? '0-0', messages: await messagesOf(admin) };
    const endpoint = run.endpoints()[0] as Endpoint;
    const { status, body } = await ask(endpoint, 'POST', '/v1/webhooks', { url: receiver.url });
    if (status !== 201) throw new Error(`a webhook was answered with ${status}: ${JSON.stringify(body)}`);
    return new Hook(run, receiver, body as { id: string; secret: string }, before);
  }

  /** How many events are to be sent again. */
  retries(): Promise<number> {
    return this.#run.deployment.admin.zcard(`wr:${this.id}`);
  }

  /** Up to where it has dealt with the journal. */
  async checkpoint(): Promise<string> {
    const kept = await this.#run.deployment.admin.hget('im:journal-consumers', `webhook:${this.id}`);
    return String(kept).split(' ')[0]!;
  }

  /** How many events have not been taken yet. */
  async missing(): Promise<number> {
    const { taken } = this.receiver;
    return (await eventsOf(this.#run.deployment.admin, `(${this.#after}`)).filter(({ id }) => !taken.has(id)).length;
  }

  /** Waits until everything has come that should. Meanwhile the time until something is sent again passes at once. */
  async settle(withinMs = SETTLE_MS): Promise<void> {
    const deadline = Date.now() + withinMs;
    const { admin } = this.#run.deployment;
    const owed = await eventsOf(admin, `(${this.#after}`);
    const isDone = () => {
      const { taken } = this.receiver;
      return owed.every(({ id }) => taken.has(id));
    };
    while (Date.now() < deadline && !(isDone() && (await this.retries()) === 0)) {
      await admin.eval(DUE_NOW, 1, `wr:${this.id}`);
      await delay(100);
    }
  }

  /** Compares both ends, and what the service says of it; ends the receiver. */
  async judge(allowed: Allowed): Promise<void> {
    const { history, deployment, endpoints } = this.#run;
    const { arrivals } = this.receiver;
    const { admin } = deployment;
    const mine = history.sends.slice(this.#sent);
    const owed: Owed = {
      events: await eventsOf(admin, `(${this.#after}`),
      acknowledged: mine.flatMap(({ log, attempts }) => attempts.flatMap(({ mid }) => (mid ? `${log} ${mid}` : []))),
      stored: [...(await messagesOf(admin))].filter((message) => !this.#before.has(message)),
    };
    history.beside.push(...checkHook(arrivals, owed, allowed));
    for (const { id, isSigned } of arrivals) {
      if (!isSigned) history.beside.push({ kind: 'phantom', detail: `${id} came with a signature that is wrong` });
    }
    const { body } = await ask(endpoints().at(-1)!, 'GET', `/v1/webhooks/${this.id}`);
    const { enabled, gapAt, retries } = body as { enabled?: boolean; gapAt?: string; retries?: number };
    if (!enabled || gapAt || retries !== 0)
      history.beside.push({ kind: 'gap', detail: `a webhook has missed nothing, and says ${JSON.stringify(body)}` });
    await this.receiver.down();
  }
}

/** The journal from a position on. */
async function eventsOf(admin: Redis, from: string): Promise<Decided[]> {
  const entries = (await admin.xrange('journal', from, '+')) as [string, string[]][];
  return entries.map(([id, flat]) => {
    const words = new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!] as const] : [])));
    const type = words.get('type')!;
    const [log, mid, uid] = ['log', 'mid', 'uid'].map((name) => words.get(name)) as [string, string, string];
    if (!type.startsWith('message.')) return { id, type };
    return { id, type, message: `${log} ${mid}`, shown: `${conversationOf(uid, log)} ${mid}` };
  });
}

/** Where all messages are that the logs have. */
export async function messagesOf(admin: Redis): Promise<Set<string>> {
  const messages = new Set<string>();
  for (const log of [...(await admin.keys('gs:*')), ...(await admin.keys('ds:*'))]) {
    for (const [id, flat] of (await admin.xrange(log, '-', '+')) as [string, string[]][]) {
      if (flat[4] !== 'action') messages.add(`${log} ${id}`);
    }
  }
  return messages;
}
