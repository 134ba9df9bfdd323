import { check, type Verdict } from './checker.ts';
import { overSocket, overSse } from './connections.ts';
import type { Data, Deployment } from './deployment.ts';
import { type History, newHistory } from './history.ts';
import { Listener } from './listener.ts';
import { Poller } from './poller.ts';
import type { Random } from './random.ts';
import type { Endpoint } from './requests.ts';
import { missingSignals } from './signal-checker.ts';
import { inboxEnd, readKnown, readTruth } from './truth.ts';
import { Workload, type WorkloadOptions } from './workload.ts';

/** That signals were lost is told within 10 s, once it was seen. */
const SIGNALS_MS = 15_000;

/** A space of the service, as its people know it. */
export interface Space {
  /** Empty for the default space. */
  name: string;
  /** Its server key. */
  key: string;
}

/** The people of a space: those who send, and those who receive, with all that they did and saw. */
export class People {
  readonly space: Space;
  readonly history: History = newHistory();
  readonly workload: Workload;
  /** The receivers by stream: first one for each user, then some users' second ones. */
  readonly listeners: Listener[] = [];
  readonly #pollers: Poller[] = [];
  readonly #deployment: Deployment;
  readonly #random: Random;
  #restless: readonly Listener[] = [];
  #hangUps: NodeJS.Timeout | undefined;

  constructor(deployment: Deployment, space: Space, random: Random, options?: Partial<WorkloadOptions>) {
    this.#deployment = deployment;
    this.space = space;
    this.#random = random;
    const senders = () => this.#endpointsAt(deployment.sendUrls());
    this.workload = new Workload(this.history, senders, random, { ...options, name: space.name });
  }

  /** Where the nodes are, dead ones included. */
  readonly endpoints = (): readonly Endpoint[] => this.#endpointsAt(this.#deployment.urls());

  /** Where their data is right now. */
  data(): Promise<Data> {
    return this.#deployment.data(this.space.name);
  }

  /** Makes the users and the groups, and opens the receivers; some by long-poll, if wanted. */
  async gather(isPolled: boolean): Promise<void> {
    await this.workload.prepare();
    const { users } = this.workload;
    const listener = (uid: string, home: number, isSocket: boolean) =>
      new Listener(this.endpoints, uid, home, this.#random, { connect: isSocket ? overSocket : overSse });
    this.#restless = users.filter((_, i) => i % 3 === 0).map((uid, i) => listener(uid, 1, i % 2 === 1));
    this.listeners.push(...users.map((uid, i) => listener(uid, i, i % 3 === 1)), ...this.#restless);
    const pollers = users
      .filter((_, i) => isPolled && i % 6 === 1)
      .map((uid) => new Poller(this.endpoints, uid, this.#random));
    this.#pollers.push(...pollers);
    const receivers = [...this.listeners, ...this.#pollers];
    this.history.followers.push(...receivers.map(({ record }) => record));
    await Promise.all(receivers.map((receiver) => receiver.open()));
  }

  /** Has some receivers break their connections now and then, until {@link stopHangUps}. */
  startHangUps(): void {
    this.#hangUps = setInterval(() => this.#random.pick(this.#restless)?.hangUp(), 60);
  }

  stopHangUps(): void {
    clearInterval(this.#hangUps);
  }

  /** Takes a further receiver into account, and opens it. */
  readonly follow = (listener: Listener): Promise<void> => {
    this.listeners.push(listener);
    this.history.followers.push(listener.record);
    return listener.open();
  };

  /** Notes what these lack of their inboxes after a time. Nobody may be sending meanwhile. */
  readonly catchUp = async (some: readonly Listener[], withinMs: number): Promise<boolean> => {
    const late = await this.#settle(some, withinMs);
    this.history.lacking.push(...late.map((name) => `${name} lacked something after ${withinMs / 1_000} s`));
    return late.length === 0;
  };

  /** Waits until everybody who is there has what they should have. */
  async settle(withinMs: number): Promise<void> {
    const present = [...this.listeners, ...this.#pollers].filter(({ record }) => !record.hasLeft);
    await this.#settle(present, withinMs);
    await this.#settleSignals();
  }

  /** Closes the receivers. */
  async leave(): Promise<void> {
    this.stopHangUps();
    for (const listener of this.listeners) listener.close();
    await Promise.all(this.#pollers.map((poller) => poller.close()));
  }

  /** Compares all that was answered and heard with what is there. */
  async judge(): Promise<Verdict> {
    return check(this.history, await readTruth(await this.data(), this.endpoints(), this.workload.users));
  }

  #endpointsAt(urls: readonly string[]): Endpoint[] {
    return urls.map((url) => ({ url, key: this.space.key }));
  }

  /** Waits until everybody has been told what need not last, or that it may have missed some. */
  async #settleSignals(): Promise<void> {
    const deadline = Date.now() + SIGNALS_MS;
    while (Date.now() < deadline && missingSignals(this.history, await readKnown(await this.data())).length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Waits until these have all of their inboxes. Returns who has not. */
  async #settle(receivers: readonly (Listener | Poller)[], withinMs: number): Promise<string[]> {
    const { broken } = this.history;
    const deadline = Date.now() + withinMs;
    const users = [...new Set(receivers.map(({ record }) => record.uid))].filter((uid) => !broken.has(uid));
    let late: typeof receivers = [];
    // Calm three times in a row: an outcome that was unknown may still become a message.
    for (let calm = 0; calm < 3 && Date.now() < deadline; calm = late.length === 0 ? calm + 1 : 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const ends = new Map<string, string[]>();
      const data = await this.data();
      for (const uid of users) {
        const inbox = `${data.prefix}s:${uid}`;
        const [newest] = (await data.redis.xrevrange(inbox, '+', '-', 'COUNT', 1)) as [string, string[]][];
        ends.set(uid, [await inboxEnd(data, uid), newest?.[0] ?? '']);
      }
      late = receivers.filter(({ record, position }) => ends.get(record.uid)?.includes(position) === false);
    }
    return late.map(({ record }) => record.name);
  }
}
