import { Changes, conversationOf } from './changes.ts';
import type { History, Send } from './history.ts';
import { outcomeOf } from './history.ts';
import type { Random } from './random.ts';
import { type Answer, ask, type Endpoint, type Endpoints, outcomeOfAnswer } from './requests.ts';
import { askOverSocket } from './socket-requests.ts';

export interface WorkloadOptions {
  /** What the keys of its messages begin with: other people's have others. */
  name: string;
  users: number;
  groups: number;
  /** How many send at the same time. */
  senders: number;
  /** How long each waits between two sends, ms. */
  pauseMs: number;
  /** Whether read marks are set; not where Redis may lose them. */
  marks: boolean;
}

export const WORKLOAD: WorkloadOptions = { name: '', users: 12, groups: 4, senders: 6, pauseMs: 8, marks: true };

const REACH_TIMEOUT_MS = 90_000;
/** How often something is changed after a send, and how often a message is a reply. */
const CHANGES = 0.3;
const REPLIES = 0.12;
/** More than the feed carries: nodes read it from the log. */
const LARGE = 'x'.repeat(3_000);

/**
 * People who write to each other and to overlapping groups, through all nodes. Most repeat a send with its
 * clientMessageId until it is answered as stored; some give up, some never give an id. Some are replies, and some are
 * changed afterwards.
 */
export class Workload {
  readonly users: readonly string[];
  readonly groups = new Map<string, readonly string[]>();
  /** How many sends were answered as stored. */
  stored = 0;
  /** How many attempts were answered with each status. */
  readonly statuses = new Map<number, number>();
  readonly #history: History;
  readonly #endpoints: Endpoints;
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  readonly #changes: Changes;
  #loops: Promise<void>[] = [];
  #isStopping = false;
  #next = 0;

  constructor(history: History, endpoints: Endpoints, random: Random, options: Partial<WorkloadOptions> = {}) {
    this.#history = history;
    this.#endpoints = endpoints;
    this.#random = random;
    this.#options = { ...WORKLOAD, ...options };
    this.#changes = new Changes(history, endpoints, random);
    this.users = Array.from({ length: this.#options.users }, (_, i) => `u${i}`);
  }

  /** Makes the people and the groups. */
  async prepare(): Promise<void> {
    const [endpoint] = this.#endpoints() as [Endpoint];
    await Promise.all(this.users.map((uid) => create(endpoint, `/v1/users/${uid}`, { fields: { name: uid } })));
    for (let i = 0; i < this.#options.groups; i++) {
      const size = this.#random.whole(3, Math.max(4, Math.ceil(this.users.length * 0.7)));
      await this.makeGroup(`g${i}`, this.#random.some(this.users, size));
    }
  }

  async makeGroup(gid: string, members: readonly string[]): Promise<void> {
    const [endpoint] = this.#endpoints() as [Endpoint];
    await create(endpoint, `/v1/groups/${gid}`, { fields: {}, owner: members[0] });
    for (const uid of members.slice(1)) await create(endpoint, `/v1/groups/${gid}/members/${uid}`);
    this.groups.set(gid, members);
  }

  start(): void {
    this.#isStopping = false;
    for (let i = 0; i < this.#options.senders; i++) this.#loops.push(this.#loop());
  }

  /** Resolves when so many more sends were answered as stored. */
  async more(count: number): Promise<void> {
    const target = this.stored + count;
    const deadline = Date.now() + REACH_TIMEOUT_MS;
    while (this.stored < target) {
      if (Date.now() > deadline) throw new Error(`only ${this.stored - target + count} of ${count} sends were stored`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Has messages read by somebody who got them; resolves when that is answered. */
  async read(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const send = this.#random.pick(this.#history.sends.filter(({ to }) => to.length > 1).slice(-200));
      await this.#markRead(this.#random.pick(send.to), send);
    }
  }

  /** Resolves when everybody has ended, with repeats. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
    this.#loops = [];
  }

  /** Sends one message, and repeats it until it is stored. */
  async say(from: string, conversation: string, padding = ''): Promise<Send> {
    const send = this.#record(from, conversation);
    await this.#deliver(send, conversation, padding, 'insist');
    return send;
  }

  /** Sends many messages with few requests, once each. */
  async sayMany(sends: readonly { from: string; conversation: string; padding: string }[]): Promise<void> {
    const records = sends.map(({ from, conversation }) => this.#record(from, conversation));
    const messages = sends.map(({ from: uid, conversation, padding }, i) => {
      const { key } = records[i]!;
      return { uid, conversation, fields: fieldsOf(key, padding), clientMessageId: key };
    });
    const from = performance.now();
    const answer = await ask(this.#random.pick(this.#endpoints()), 'POST', '/v1/messages/batch', { messages });
    const to = performance.now();
    const results = (answer.body as { results?: { status: number; message?: { id: string } }[] } | undefined)?.results;
    records.forEach((send, i) => {
      const { status, message } = results?.[i] ?? { status: answer.status };
      this.#note(send, { status, body: message, neverSent: answer.neverSent }, from, to);
    });
  }

  async #loop(): Promise<void> {
    const random = this.#random;
    while (!this.#isStopping) {
      const [from, conversation] = this.#choose();
      const style = random.next();
      const send = this.#record(from, conversation);
      const replyTo = random.chance(REPLIES) ? this.#changes.replyTarget(send.log) : undefined;
      if (replyTo) send.replyTo = replyTo;
      const padding = random.chance(0.05) ? LARGE : '';
      await this.#deliver(send, conversation, padding, style < 0.7 ? 'insist' : style < 0.85 ? 'once' : 'nameless');
      if (random.chance(CHANGES)) await this.#changes.one();
      if (this.#options.marks && random.chance(0.04)) await this.#markRead(random.pick(send.to), send);
      await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs * 2 * random.next()));
    }
  }

  #choose(): [from: string, conversation: string] {
    const random = this.#random;
    if (this.groups.size > 0 && random.chance(0.6)) {
      const gid = random.pick([...this.groups.keys()]);
      return [random.pick(this.groups.get(gid)!), `group:${gid}`];
    }
    return [random.pick(this.users), `user:${random.pick(this.users)}`];
  }

  #record(from: string, conversation: string): Send {
    const [kind, name] = conversation.split(':') as [string, string];
    const isGroup = kind === 'group';
    const send: Send = {
      key: `${this.#options.name}k${this.#next++}`,
      from,
      log: isGroup ? `gs:${name}` : `ds:${[from, name].toSorted().join(':')}`,
      to: isGroup ? this.groups.get(name)! : [...new Set([from, name])],
      attempts: [],
    };
    this.#history.sends.push(send);
    return send;
  }

  async #deliver(
    send: Send,
    conversation: string,
    padding: string,
    style: 'insist' | 'once' | 'nameless',
  ): Promise<void> {
    const path = `/v1/users/${send.from}/conversations/${conversation}/messages`;
    const deadline = Date.now() + REACH_TIMEOUT_MS;
    for (;;) {
      const from = performance.now();
      const { replyTo } = send;
      const body = { fields: fieldsOf(send.key, padding), ...(replyTo ? { replyTo } : {}) };
      const named = style === 'nameless' ? body : { ...body, clientMessageId: send.key };
      const via = this.#random.chance(0.2) ? askOverSocket : ask;
      const answer = await via(this.#random.pick(this.#endpoints()), 'POST', path, named);
      if (replyTo && (answer.body as { code?: string } | undefined)?.code === 'message_not_found') {
        this.#history.missed.push(`${send.log} ${replyTo}`);
        delete send.replyTo;
        continue;
      }
      const outcome = this.#note(send, answer, from, performance.now());
      if (outcome === 'ok' || style !== 'insist') return;
      if (Date.now() > deadline) return void this.#history.oddities.push(`${send.key} could not be sent at all`);
      await new Promise((resolve) => setTimeout(resolve, 20 + 100 * this.#random.next()));
    }
  }

  #note(send: Send, answer: Answer, from: number, to: number) {
    const outcome = outcomeOfAnswer(answer);
    const { status } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (!outcome)
      this.#history.oddities.push(`${send.key} was answered with ${status}: ${JSON.stringify(answer.body)}`);
    const mid = outcome === 'ok' ? (answer.body as { id: string }).id : undefined;
    if (mid !== undefined && outcomeOf(send) !== 'ok') this.stored++;
    send.attempts.push({ from, to, outcome: outcome ?? 'unknown', ...(mid === undefined ? {} : { mid }) });
    return outcome;
  }

  /** Marks a conversation as read up to a message, until that is answered. */
  async #markRead(uid: string, { attempts, from, log }: Send): Promise<void> {
    const upTo = attempts.at(-1)?.mid;
    if (upTo === undefined) return;
    this.#history.marks.push({ uid, log, upTo, from: performance.now() });
    const path = `/v1/users/${uid}/conversations/${conversationOf(uid, log)}/read`;
    const deadline = Date.now() + REACH_TIMEOUT_MS;
    for (;;) {
      const { status } = await ask(this.#random.pick(this.#endpoints()), 'PUT', path, { upTo });
      if (status === 200) return;
      const canRepeat = status === 503 || status === 504 || status === 0;
      if (!canRepeat || Date.now() > deadline)
        return void this.#history.oddities.push(`reading ${from}'s message was answered with ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A node that has just started may say that it is busy. */
async function create(endpoint: Endpoint, path: string, body?: object): Promise<void> {
  const deadline = Date.now() + REACH_TIMEOUT_MS;
  for (;;) {
    const answer = await ask(endpoint, 'PUT', path, body);
    if (answer.status === 201 || answer.status === 200) return;
    if (answer.status !== 503 || Date.now() > deadline)
      throw new Error(`PUT ${path} was answered with ${answer.status} ${JSON.stringify(answer.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function fieldsOf(key: string, padding: string): Record<string, string> {
  return padding === '' ? { k: key } : { k: key, text: padding };
}
