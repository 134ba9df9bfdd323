import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, ImError } from '../../domain/errors.ts';
import { asImError } from '../../redis/failure.ts';
import type { App } from '../fastify.ts';
import { codeOf, complaints } from './complaints.ts';

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

/** Answers every error as `application/problem+json` (RFC 9457): the one place that renders them. */
export function registerProblems(app: App): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, noOperation(app, request.method, request.url)),
  );
  // Before the body is read: that there is no operation matters more than what is wrong with the body.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    done(request.is404 ? noOperation(app, request.method, request.url) : null);
  });
}

function noOperation(app: App, method: string, url: string): ImError {
  const path = url.split('?', 1)[0]!;
  const allow = methodsOf(app, path).join(', ');
  if (allow === '') return new ImError('route_not_found', `There is no ${method} ${path.slice(0, 200)}. See /docs.`);
  return new ImError('method_not_allowed', `Use one of: ${allow}.`, { headers: { allow } });
}

/** Sends an error. Whatever is not meant for the caller is logged, and told as `internal` without its text. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const known = translate(error, request.method);
  if (known.status >= 500) request.log.error({ err: known.cause ?? known, code: known.code }, known.message);
  // A path that can't be decoded fails before any hook.
  reply.header('x-request-id', request.id);
  reply.headers(known.headers);
  if (known.retryAfter !== undefined) reply.header('retry-after', String(known.retryAfter));
  if (known.status === 401) reply.header('www-authenticate', challenge(request, known.message));
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

function malformed({ code: parserCode = '' }: NodeJS.ErrnoException): ImError {
  const [code, detail] = PARSER_CODES[parserCode] ?? ['invalid_request', 'This is no HTTP request.'];
  return new ImError(code, detail);
}

/** A request line as far as the parser could have got, had it known the method. */
const REQUEST_LINE = /^([A-Z]{1,20}) (\/[!-~]{0,2000}) HTTP\/1\.[01]\r\n/;

/** Node's parser knows the methods that are registered, and takes any other for no HTTP; we have it no more than those. */
function unknownMethod(app: App, error: NodeJS.ErrnoException & { rawPacket?: Buffer }): ImError | undefined {
  if (error.code !== 'HPE_INVALID_METHOD') return undefined;
  const [, method, url] = REQUEST_LINE.exec(error.rawPacket?.toString('latin1', 0, 2_100) ?? '') ?? [];
  return method && url ? noOperation(app, method, url) : undefined;
}

/** The connections on which a file comes, which may take longer than any other request. */
const slow = new WeakSet<Socket>();

/**
 * Lets a request take as long as something of it comes: it is cut off where nothing does for so long, ms.
 *
 * @returns what ends that, once all of it is there
 */
export function mayBeSlow(socket: Socket, stallMs: number): () => void {
  slow.add(socket);
  const end = () => void socket.destroy();
  socket.setTimeout(stallMs, end);
  return () => {
    slow.delete(socket);
    socket.removeListener('timeout', end);
    socket.setTimeout(0);
  };
}

/** Answers what is no HTTP request at all, as far as an answer is possible. */
export function answerMalformedRequest(this: App, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && slow.has(socket)) return;
  // An answer that is under way, such as a stream, must not get another one in its middle.
  const { _httpMessage: current } = socket as { _httpMessage?: ServerResponse | null };
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent) {
    socket.destroy();
    return;
  }
  const known = unknownMethod(this, error) ?? malformed(error);
  const requestId = randomUUID();
  // Not the error itself: it carries what was sent.
  this.log.info({ reqId: requestId, code: error.code, status: known.status }, 'no request');
  const body = JSON.stringify(problemOf(known, requestId));
  const allow = known.headers.allow ? `allow: ${known.headers.allow}\r\n` : '';
  socket.end(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\ncontent-type: ${CONTENT_TYPE}\r\n${allow}` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function translate(error: unknown, method: string): ImError {
  const cause = asImError(error, method === 'GET' || method === 'HEAD' ? 'read' : 'write');
  if (cause instanceof ImError) return cause;
  const { code, validation, validationContext, statusCode, message } = cause as Partial<FastifyError>;
  if (validation) {
    const errors = complaints(validation, validationContext ?? 'request');
    return new ImError(codeOf(validation), `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
  }
  const known = FASTIFY_CODES[code ?? ''];
  if (known) return new ImError(known[0], known[1], { cause });
  // Of other 4xx, such as a forbidden "__proto__" in a body, the text is Fastify's and fit to be shown.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ImError('invalid_request', message ?? 'The request is malformed.', { cause });
  }
  return new ImError('internal', 'Something went wrong here. The log has it under this requestId.', { cause });
}

/** The methods that a path has, if it is one of ours. */
function methodsOf(app: App, url: string): string[] {
  return (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
    (method) => app.findRoute({ method, url }) !== null || app.hasRoute({ method, url }),
  );
}
