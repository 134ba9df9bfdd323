import type { Change, History, Send } from './history.ts';
import type { Random } from './random.ts';
import { type Answer, ask, type Endpoints, outcomeOfAnswer } from './requests.ts';

const REACH_TIMEOUT_MS = 90_000;
const REACTIONS = ['👍', 'ok', '🎉'];
/** Only of the last messages is anything changed, so that several changes meet on one. */
const RECENT = 25;
/** What comes of each kind of change, as shares of all. */
const SHARES: readonly [kind: Change['kind'], upTo: number][] = [
  ['edit', 0.4],
  ['react', 0.7],
  ['unreact', 0.8],
  ['erase', 1],
];

/**
 * What people change of messages that were sent: they edit, react, take reactions back and erase. Most repeat a change
 * until its outcome is known; some give up. Of one thing (the text, one person's one reaction) one change is made at a time.
 */
export class Changes {
  readonly #history: History;
  readonly #endpoints: Endpoints;
  readonly #random: Random;
  readonly #busy = new Set<string>();
  #next = 0;

  constructor(history: History, endpoints: Endpoints, random: Random) {
    this.#history = history;
    this.#endpoints = endpoints;
    this.#random = random;
  }

  /** A message of a log to reply to, if there is one. */
  replyTarget(log: string): string | undefined {
    const found = this.#history.sends.slice(-RECENT).filter((send) => send.log === log && midOf(send));
    return found.length === 0 ? undefined : midOf(this.#random.pick(found));
  }

  /** Makes one change; resolves when it is answered or given up. */
  async one(): Promise<void> {
    const random = this.#random;
    const known = this.#history.sends.slice(-RECENT).filter(midOf);
    if (known.length === 0) return;
    const dice = random.next();
    const kind = SHARES.find(([, upTo]) => dice < upTo)![0];
    // What was edited leaves more to erase.
    const edited = kind === 'erase' && random.chance(0.7) ? known.filter((send) => this.#isEdited(send)) : [];
    const send = random.pick(edited.length > 0 ? edited : known);
    const mid = midOf(send)!;
    const isReaction = kind === 'react' || kind === 'unreact';
    // A group's first member owns it, and may erase what others have sent.
    const erases = kind === 'erase' && send.log.startsWith('gs:') && random.chance(0.3);
    const actor = isReaction ? random.pick(send.to) : erases ? send.to[0]! : send.from;
    const value = isReaction ? random.pick(REACTIONS) : kind === 'edit' ? `${send.key}/${this.#next++}` : '';
    const thing = `${send.log} ${mid} ${isReaction ? `${actor} ${value}` : kind}`;
    if (this.#busy.has(thing)) return;
    this.#busy.add(thing);
    const change: Change = { kind, actor, log: send.log, mid, value, attempts: [] };
    this.#history.changes.push(change);
    await this.#make(change, random.chance(0.85));
    this.#busy.delete(thing);
  }

  async #make(change: Change, insists: boolean): Promise<void> {
    const deadline = Date.now() + REACH_TIMEOUT_MS;
    for (;;) {
      const from = performance.now();
      const answer = await this.#ask(change);
      const outcome = outcomeOfChange(answer);
      change.attempts.push({ from, to: performance.now(), outcome: outcome ?? 'unknown' });
      if (!outcome) this.#complain(change, `answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
      if (outcome === 'ok' || outcome === 'refused' || !insists) return;
      if (Date.now() > deadline) return this.#complain(change, 'never answered');
      await new Promise((resolve) => setTimeout(resolve, 20 + 100 * this.#random.next()));
    }
  }

  #ask({ kind, actor, log, mid, value }: Change): Promise<Answer> {
    const endpoint = this.#random.pick(this.#endpoints());
    const path = `/v1/users/${actor}/conversations/${conversationOf(actor, log)}/messages/${mid}`;
    const reaction = `${path}/reactions/${encodeURIComponent(value)}`;
    switch (kind) {
      case 'edit':
        return ask(endpoint, 'PATCH', path, { fields: { text: value } });
      case 'erase':
        return ask(endpoint, 'DELETE', path);
      case 'react':
        return ask(endpoint, 'PUT', reaction);
      case 'unreact':
        return ask(endpoint, 'DELETE', reaction);
    }
  }

  #isEdited(send: Send): boolean {
    const of = (change: Change) => change.log === send.log && change.mid === midOf(send);
    return this.#history.changes.slice(-RECENT).some((change) => change.kind === 'edit' && of(change));
  }

  #complain({ kind, actor, log, mid }: Change, what: string): void {
    this.#history.oddities.push(`${kind} of ${log} ${mid} by ${actor} was ${what}`);
  }
}

/** How the reader calls the conversation of a log. */
export function conversationOf(uid: string, log: string): string {
  const [kind, first, second] = log.split(':') as [string, string, string];
  return kind === 'gs' ? `group:${first}` : `user:${first === uid ? second : first}`;
}

/** As of a send; `refused` where the message is not there (any more), which the checker judges. */
function outcomeOfChange(answer: Answer): Change['attempts'][number]['outcome'] | undefined {
  const { code } = (answer.body ?? {}) as { code?: string };
  if (code === 'message_not_found' || code === 'message_erased') return 'refused';
  return answer.status === 204 ? 'ok' : outcomeOfAnswer(answer);
}

function midOf({ attempts }: Send): string | undefined {
  return attempts.find(({ mid }) => mid !== undefined)?.mid;
}
