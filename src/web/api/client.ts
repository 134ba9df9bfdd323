import createClient from 'openapi-fetch';
import type { components, paths } from '../generated/api.ts';

type Schemas = components['schemas'];
export type Message = Schemas['Message'];
export type Conversation = Schemas['Conversation'];
export type Group = Schemas['Group'];
export type Member = Schemas['Member'];
export type JoinRequest = Schemas['JoinRequest'];
export type Problem = Schemas['Problem'];
export type Demo = Schemas['Demo'];
export type JoinPolicy = Group['joinPolicy'];

/** Who is logged in; what every call carries. */
export interface Session {
  uid: string;
  token: string;
}

/** On a line that is silently dead, a request would wait for minutes. */
const TIMEOUT_MS = 15_000;

/** Calls of the service as this user, with types that come from its OpenAPI document. */
export type Api = ReturnType<typeof createApi>;

export function createApi(token: string) {
  return createClient<paths>({
    baseUrl: location.origin,
    headers: { authorization: `Bearer ${token}` },
    fetch: (request) => fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
  });
}

/** What went wrong, in the service's own words; `status` 0 where there was no answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, problem: Partial<Problem> | undefined) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem?.code ?? 'no_answer';
  }

  /** Whether the same request may succeed later, perhaps with a new token, and has to be sent again. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a good answer. @throws ApiError for any other, and for none */
export async function ask<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await call;
  } catch (error) {
    throw new ApiError(0, { detail: (error as Error).message });
  }
  if (!answer.response.ok) throw new ApiError(answer.response.status, answer.error as Problem | undefined);
  return answer.data as Data;
}

/** Every page of a list. */
export async function all<Item>(
  page: (after: string | undefined) => Promise<{ items: Item[]; next?: string }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const answer = await page(after);
    items.push(...answer.items);
    after = answer.next;
  } while (after !== undefined);
  return items;
}
