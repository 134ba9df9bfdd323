import type { Problem } from './schemas.ts';

/** A call that failed. `message` says what happened and what to change, for people to read. */
export class ApiError extends Error {
  /** The HTTP status; 0 where there was no answer of the service. */
  readonly status: number;
  /** What went wrong, a stable name such as `not_member`; `no_answer` where there was none of the service, `no_token`. */
  readonly code: string;
  /** Finds the request in the log of the service. */
  readonly requestId: string | undefined;
  /** What is wrong with which part of the request, where the service says so. */
  readonly errors: Problem['errors'];
  /** After how long the service asks to be tried again, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    problem: Partial<Problem> & { code: string; detail: string },
    options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(problem.detail, { cause: options.cause });
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code;
    this.requestId = problem.requestId;
    this.errors = problem.errors;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Of an answer that is not good. What stands in between, such as a proxy, answers without a code: it is no answer. */
  static of(response: Response, body: unknown): ApiError {
    const retryAfterMs = retryAfterOf(response);
    if (isProblem(body)) return new ApiError(response.status, body, { retryAfterMs });
    const detail = `Something in front of the service answered with ${response.status}.`;
    return new ApiError(0, { code: 'no_answer', detail }, { retryAfterMs });
  }

  static noAnswer(cause: unknown): ApiError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ApiError(0, { code: 'no_answer', detail: `The service does not answer: ${reason}` }, { cause });
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the user has to log in again: no call will succeed with this token. */
  get endsSession(): boolean {
    return this.status === 401 || this.code === 'suspended';
  }
}

/** What a `Retry-After` says, ms. */
export function retryAfterOf(response: Response): number | undefined {
  const text = response.headers.get('retry-after');
  return text !== null && /^\d+$/.test(text) ? Number(text) * 1_000 : undefined;
}

function isProblem(body: unknown): body is Problem {
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return typeof code === 'string' && typeof detail === 'string';
}
