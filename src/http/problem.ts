import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, type FieldError, ImError } from '../errors.ts';
import { MAX_FIELD_NAME } from '../im/fields.ts';
import { asImError } from '../redis/failure.ts';
import type { App } from './fastify.ts';

const CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** What Fastify calls it, and what we do. */
const FASTIFY_CODES: Record<string, [code: ErrorCode, detail: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than this operation takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as "Content-Type: application/json".'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_request', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not validly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid_request', 'A part of the path is too long.'],
};

/** Errors of the same request that are told at most. */
const MAX_ERRORS = 20;

/** Answers every error as `application/problem+json` (RFC 9457): the one place that renders them. */
export function registerProblems(app: App): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const allow = methodsOf(app, request.url);
    if (allow.length > 0) {
      reply.header('allow', allow.join(', '));
      return sendProblem(request, reply, new ImError('method_not_allowed', `Use one of: ${allow.join(', ')}.`));
    }
    const path = request.url.split('?', 1)[0]!.slice(0, 200);
    return sendProblem(
      request,
      reply,
      new ImError('route_not_found', `There is no ${request.method} ${path}. See /docs.`),
    );
  });
}

/** Sends an error. Whatever is not meant for the caller is logged, and told as `internal` without its text. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const known = translate(error, request.method);
  if (known.status >= 500) request.log.error({ err: known.cause ?? known, code: known.code }, known.message);
  // A path that can't be decoded fails before any hook.
  reply.header('x-request-id', request.id);
  if (known.retryAfter !== undefined) reply.header('retry-after', String(known.retryAfter));
  if (known.code === 'unauthorized') reply.header('www-authenticate', challenge(request, known.message));
  return reply
    .status(known.status)
    .header('content-type', CONTENT_TYPE)
    .send(JSON.stringify(problemOf(known, request.id)));
}

/** What to authenticate with, and what was wrong with the credential if there was one (RFC 6750). */
function challenge(request: FastifyRequest, detail: string): string {
  if (request.headers.authorization === undefined) return 'Bearer realm="redisim"';
  // In a quoted string of a header not every character may stand.
  const description = detail.replace(/[^ -~]|["\\]/g, "'");
  return `Bearer realm="redisim", error="invalid_token", error_description="${description}"`;
}

/** The document that tells of an error. */
export function problemOf(error: ImError, requestId: string) {
  return {
    type: `urn:redisim:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.errors ? { errors: error.errors } : {}),
    ...error.extensions,
  };
}

/** What Node's HTTP parser calls it, and what we do. */
const PARSER_CODES: Record<string, [code: ErrorCode, detail: string]> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers, or the path, are larger than this server reads.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to come; send it again.'],
};

/** Answers what is no HTTP request at all, as far as an answer is possible. */
export function answerMalformedRequest(this: App, error: NodeJS.ErrnoException, socket: Socket): void {
  // An answer that is under way, such as a stream, must not get another one in its middle.
  const { _httpMessage: current } = socket as { _httpMessage?: ServerResponse | null };
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent) {
    socket.destroy();
    return;
  }
  const [code, detail] = PARSER_CODES[error.code ?? ''] ?? ['invalid_request', 'This is no HTTP request.'];
  const known = new ImError(code, detail);
  const requestId = randomUUID();
  // Not the error itself: it carries what was sent.
  this.log.info({ reqId: requestId, code: error.code, status: known.status }, 'no request');
  const body = JSON.stringify(problemOf(known, requestId));
  socket.end(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\ncontent-type: ${CONTENT_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function translate(error: unknown, method: string): ImError {
  const cause = asImError(error, method === 'GET' || method === 'HEAD' ? 'read' : 'write');
  if (cause instanceof ImError) return cause;
  const { code, validation, validationContext, statusCode, message } = cause as Partial<FastifyError>;
  if (validation) {
    const errors = complaints(validation, validationContext ?? 'request');
    return new ImError('invalid_request', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
  }
  const known = FASTIFY_CODES[code ?? ''];
  if (known) return new ImError(known[0], known[1], { cause });
  // Of other 4xx, such as a forbidden "__proto__" in a body, the text is Fastify's and fit to be shown.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ImError('invalid_request', message ?? 'The request is malformed.', { cause });
  }
  return new ImError('internal', 'Something went wrong here. The log has it under this requestId.', { cause });
}

type Validation = NonNullable<FastifyError['validation']>;

function complaints(validation: Validation, context: string): FieldError[] {
  // What is wrong with a member's name is told once, by the schema of the whole.
  const told = validation.filter((complaint) => !('propertyName' in complaint)).slice(0, MAX_ERRORS);
  return told.map((complaint) => ({
    path: shorten(`${context}${complaint.instancePath}`),
    message: messageOf(complaint),
  }));
}

function messageOf(complaint: Validation[number]): string {
  const { keyword, params, message = 'is not valid' } = complaint;
  const given = params as { additionalProperty?: string; propertyName?: string; allowedValues?: unknown[] };
  const { examples } = (complaint as { parentSchema?: { examples?: unknown[] } }).parentSchema ?? {};
  if (keyword === 'additionalProperties') {
    return `has an unknown member "${shorten(given.additionalProperty ?? '')}"; remove it`;
  }
  if (keyword === 'propertyNames') {
    return `has a member with the name "${shorten(given.propertyName ?? '')}"; names have 1 to ${MAX_FIELD_NAME} characters`;
  }
  if (keyword === 'enum') return `must be one of: ${given.allowedValues?.join(', ')}`;
  return keyword === 'pattern' && examples ? `${message}, for example ${examples[0]}` : message;
}

/** A caller's own text is shown to them, but not all of half a megabyte. */
function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** The methods that a path has, if it is one of ours. */
function methodsOf(app: App, url: string): string[] {
  return (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
    (method) => app.findRoute({ method, url }) !== null || app.hasRoute({ method, url }),
  );
}
