import createFetchClient, {
  type ClientPathsWithMethod,
  type Client as FetchClient,
  type FetchResponse,
  type MaybeOptionalInit,
} from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { Follower, type FollowOptions } from './follow.ts';
import type { paths } from './generated/api.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { Requests, type Token } from './requests.ts';

export interface ClientOptions {
  /** Where the service is, such as `https://chat.example.com`. */
  url: string;
  /** A user's token or a server key, or what gives one; absent for what anybody may call. */
  token?: Token | undefined;
  /** How long an answer may take, ms; 15,000 by default. */
  timeoutMs?: number;
  /** How often a call is repeated that failed for now and that can do nothing twice; 2 by default. */
  retries?: number;
}

type Calls = FetchClient<paths, 'application/json'>;
type HttpMethod = 'get' | 'put' | 'post' | 'patch' | 'delete';
type DataOf<Answer> = Answer extends { data: infer Data; error?: never } ? Data : never;

/**
 * A call of an operation, with its path as the API document has it. Answers with the body of a good answer.
 *
 * @throws ApiError
 */
type Call<Method extends HttpMethod> = <
  Path extends ClientPathsWithMethod<Calls, Method>,
  Init extends MaybeOptionalInit<paths[Path], Method>,
>(
  path: Path,
  ...init: Record<never, never> extends Init ? [Init?] : [Init]
) => Promise<DataOf<FetchResponse<paths[Path][Method] & Record<string | number, unknown>, Init, 'application/json'>>>;

export interface Client {
  GET: Call<'get'>;
  PUT: Call<'put'>;
  POST: Call<'post'>;
  PATCH: Call<'patch'>;
  DELETE: Call<'delete'>;
  /**
   * Follows an inbox, or one conversation, until `signal` is aborted, over whatever happens to the line and to the service.
   *
   * @throws ApiError once that can't go on: the token is refused, the user was removed or suspended, the request is wrong; in a
   *   conversation also `not_member` and `group_not_found`, when the user has left or the group was removed
   */
  follow(options: FollowOptions): Promise<void>;
  /** Messages on their way out, for one user. */
  outbox(options?: OutboxOptions): Outbox;
}

/** A client of the service, for one user or a server. */
export function createClient({ url, token, timeoutMs = 15_000, retries = 2 }: ClientOptions): Client {
  const requests = new Requests({ token, timeoutMs });
  const baseUrl = url.replace(/\/+$/, '');
  const calls = createFetchClient<paths, 'application/json'>({ baseUrl });
  const callOf =
    (method: Uppercase<HttpMethod>, retries: number) =>
    async (path: string, init: { signal?: AbortSignal } = {}): Promise<unknown> => {
      const fetch = (request: Request) => requests.send(request, retries);
      const call = calls[method] as (path: string, init: object) => Promise<FetchResponse<never, never, never>>;
      const { data, error, response } = await call(path, { ...init, fetch }).catch((cause: unknown) => {
        init.signal?.throwIfAborted();
        throw cause instanceof SyntaxError ? ApiError.noAnswer(cause) : cause;
      });
      if (!response.ok) throw ApiError.of(response, error);
      return data;
    };
  const client: Client = {
    GET: callOf('GET', retries) as Call<'get'>,
    PUT: callOf('PUT', retries) as Call<'put'>,
    POST: callOf('POST', retries) as Call<'post'>,
    PATCH: callOf('PATCH', retries) as Call<'patch'>,
    DELETE: callOf('DELETE', retries) as Call<'delete'>,
    follow: (options) => new Follower(requests, baseUrl, timeoutMs, options).run(),
    // It repeats by itself.
    outbox: (options) => new Outbox(callOf('POST', 0) as Call<'post'>, options),
  };
  return client;
}
