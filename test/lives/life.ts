import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ImError } from '../../src/domain/errors.ts';
import { conversation, gid, type Im, uid, user } from '../helpers/im.ts';
import { compareLook } from './compare.ts';
import { join, putGroup } from './model/groups.ts';
import { send } from './model/messages.ts';
import { putUser } from './model/people.ts';
import { type Entry, logName, Refused, type World } from './model/world.ts';
import { resolve, UIDS } from './names.ts';
import type { Service } from './service.ts';

/** What a step works with: the model, and the node that it goes to. */
export interface Life {
  world: World;
  node: Im;
  service: Service;
  /**
   * Does it in the model and in the service: both have to refuse it alike, or both do it, and answer the same.
   *
   * @param expected changes the model, and says what the service has to answer (nothing where that is not compared)
   */
  agree<Answer>(
    expected: () => unknown,
    actual: () => Promise<Answer>,
    told?: (answer: Answer) => unknown,
  ): Promise<void>;
}

/** A step of a life, with what it was given. Printed where a run fails. */
export class Step<Params extends { node: number }> implements fc.AsyncCommand<World, Service> {
  readonly #name: string;
  /** Once the step was taken, as they were meant. */
  #params: Params;
  readonly #act: (life: Life, params: Params) => Promise<void>;

  constructor(name: string, params: Params, act: (life: Life, params: Params) => Promise<void>) {
    this.#name = name;
    this.#params = params;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  async run(world: World, service: Service): Promise<void> {
    if (world.users.size === 0 && 'uid' in this.#params) return;
    // Kept for the shorter lives that are tried after a failure, in which the same names would mean others.
    this.#params = resolve(world, this.#params);
    const { node } = this.#params;
    const life = {
      world,
      service,
      node: service.nodes[node]!,
      agree: agree.bind(undefined, world, service) as Life['agree'],
    };
    await this.#act(life, this.#params);
    // Whoever did it is looked at by the other node; everything once the run is over.
    await compareLook(world, service.nodes[1 - node]!, this.#params as { uid?: string; to?: string });
  }

  toString(): string {
    return `${this.#name}(${JSON.stringify(this.#params)})`;
  }
}

/** A kind of step: its name, what it is given, and what it does. */
export function step<Params extends object>(
  name: string,
  params: { [Name in keyof Params]: fc.Arbitrary<Params[Name]> },
  act: (life: Life, params: Params) => Promise<void>,
): fc.Arbitrary<fc.AsyncCommand<World, Service>> {
  return fc
    .record({ node: fc.nat(1), ...params })
    .map((given) => new Step(name, given as unknown as Params & { node: number }, act));
}

/** What the service does: its answer, or its refusal. */
async function agree<Answer>(
  world: World,
  service: Service,
  expected: () => unknown,
  actual: () => Promise<Answer>,
  told?: (answer: Answer) => unknown,
): Promise<void> {
  let answer: { value: Answer } | undefined;
  let code: string | undefined;
  try {
    answer = { value: await actual() };
  } catch (error) {
    if (!(error instanceof ImError)) throw error;
    code = error.code;
  }
  let want: unknown;
  let wantedCode: string | undefined;
  try {
    want = expected();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    wantedCode = error.code;
  }
  assert.equal(code, wantedCode, 'refused alike');
  await learn(world, service);
  await service.hear();
  if (answer && told)
    assert.deepEqual(told(answer.value), typeof want === 'function' ? want() : want, 'answered alike');
}

/** Takes over the ids of what the model has written. */
async function learn(world: World, service: Service): Promise<void> {
  for (const log of world.grown) {
    if (log.isRemoved) continue;
    const unknown = log.entries.filter(({ id }) => id === '');
    const ids = await service.newestIds(log, unknown.length);
    assert.deepEqual(
      ids.map((id) => Number(id.split('-')[1])),
      unknown.map(({ seq }) => seq),
      `${log.name} has grown as expected`,
    );
    unknown.forEach((entry, i) => {
      entry.id = ids[i]!;
    });
  }
  world.grown.clear();
}

/** One of a conversation's entries, counted back from the newest; undefined where there is none. */
export function entryOf(world: World, uid: string, conversation: string, back: number, of = (_: Entry) => true) {
  const entries = (world.logs.get(logName(uid, conversation))?.entries ?? []).filter(of);
  return entries.at(-1 - (back % Math.max(entries.length, 1)));
}

/** People, groups and messages, so that a life is about something from its first step on. */
export async function begin(world: World, service: Service): Promise<void> {
  const [node] = service.nodes;
  for (const name of UIDS) {
    await agree(
      world,
      service,
      () => putUser(world, name, {}),
      () => node.users.replace(uid(name), {}),
    );
  }
  for (const [name, owner, other] of [
    ['team', 'ann', 'bob'],
    ['club', 'cy', 'ann'],
  ] as const) {
    const group = gid(name);
    await agree(
      world,
      service,
      () => putGroup(world, owner, name, {}, {}),
      () => node.groups.put(user(owner), group, { fields: {} }),
    );
    await agree(
      world,
      service,
      () => join(world, other, name, other, 'join'),
      () => node.members.join(user(other), group, uid(other)),
    );
  }
  for (const [from, to] of [
    ['ann', 'user:bob'],
    ['bob', 'group:team'],
    ['dee', 'user:ann'],
    ['cy', 'group:club'],
  ] as const) {
    const fields = { text: 'hi' };
    await agree(
      world,
      service,
      () => send(world, from, to, { fields }),
      () => node.messages.send(uid(from), conversation(to), { fields }),
    );
  }
}
