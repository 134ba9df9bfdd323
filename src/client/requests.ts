import { ApiError, retryAfterOf } from './api-error.ts';
import { Backoff, pause } from './backoff.ts';

/** A token, or what gives one; that is given the token that was just refused, so that it knows when to get a new one. */
export type Token = string | ((refused?: string) => string | undefined | Promise<string | undefined>);

export interface RequestsOptions {
  token?: Token | undefined;
  /** How long an answer may take, ms. */
  timeoutMs: number;
}

/** A call is not held up for longer than this; what asks for more fails at once, and says how much. */
const LONGEST_WAIT_MS = 10_000;
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);
/** Nothing was done. */
const NOT_DONE = new Set([429, 503]);
/** Perhaps nothing was done. */
const UNKNOWN = new Set([408, 502, 504]);

/** Sends requests with a token: again where that can't do anything twice, and with a new token where one is refused. */
export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /**
   * The answer, with its whole body, whatever its status.
   *
   * @param retries how often it is repeated if it failed for now
   * @throws ApiError `no_answer`; the reason of the request's signal where that was aborted
   */
  async send(request: Request, retries: number): Promise<Response> {
    const backoff = new Backoff(300, 5_000);
    const isRepeatable = REPEATABLE.has(request.method) || (await hasOwnName(request));
    for (let left = retries; ; left--) {
      const waitMs = backoff.next();
      try {
        const response = await this.#attempt(request);
        const { status } = response;
        const afterMs = retryAfterOf(response) ?? waitMs;
        const mayRepeat = NOT_DONE.has(status) || (isRepeatable && UNKNOWN.has(status));
        if (left === 0 || !mayRepeat || afterMs > LONGEST_WAIT_MS) return response;
        await pause(afterMs, request.signal);
      } catch (error) {
        request.signal.throwIfAborted();
        if (left === 0 || !isRepeatable || !(error instanceof ApiError)) throw error;
        await pause(waitMs, request.signal);
      }
      request.signal.throwIfAborted();
    }
  }

  /**
   * Opens a response without an end: its body is still to come.
   *
   * @param signal ends it; a signal that follows others may be collected while the response is open
   * @param refused a token that was refused before
   * @throws ApiError
   */
  async open(
    request: Request,
    signal: AbortSignal,
    refused?: string,
  ): Promise<{ response: Response; token: string | undefined }> {
    const { response, token } = await this.#authorized(request, refused, (attempt) =>
      fetch(attempt, { signal, cache: 'no-store' }).catch((error) => {
        throw ApiError.noAnswer(error);
      }),
    );
    if (response.ok) return { response, token };
    const body = await response.json().catch(() => undefined);
    throw ApiError.of(response, body);
  }

  async #attempt(request: Request): Promise<Response> {
    const { response } = await this.#authorized(request, undefined, (attempt) => this.#whole(attempt, request.signal));
    return response;
  }

  /** With a token; where that is refused, once more with another one if there is another one. */
  async #authorized(request: Request, refused: string | undefined, attempt: (request: Request) => Promise<Response>) {
    const token = await this.#token(refused);
    const response = await attempt(withToken(request, token));
    if (response.status !== 401 || typeof this.#options.token !== 'function') return { response, token };
    const another = await this.#token(token);
    if (another === token) return { response, token };
    await response.body?.cancel();
    return { response: await attempt(withToken(request, another)), token: another };
  }

  async #token(refused: string | undefined): Promise<string | undefined> {
    const { token } = this.#options;
    if (typeof token !== 'function') return token;
    try {
      return await token(refused);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(0, { code: 'no_token', detail: `There is no token: ${reason}` }, { cause });
    }
  }

  /** With the body: what breaks off in the middle is no answer. */
  async #whole(request: Request, signal: AbortSignal): Promise<Response> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    try {
      const response = await fetch(request, { signal: within });
      const body = await response.arrayBuffer();
      return new Response(body.byteLength === 0 ? null : body, response);
    } catch (error) {
      throw ApiError.noAnswer(error);
    }
  }
}

function withToken(request: Request, token: string | undefined): Request {
  const copy = request.clone();
  if (token !== undefined) copy.headers.set('authorization', `Bearer ${token}`);
  return copy;
}

/** Whether a request makes something that has a name of the caller's: a repetition makes no second one. */
async function hasOwnName(request: Request): Promise<boolean> {
  if (request.headers.get('content-type') !== 'application/json') return false;
  const body: unknown = await request.clone().json();
  return typeof body === 'object' && body !== null && typeof Object(body).clientMessageId === 'string';
}
