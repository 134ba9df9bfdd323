import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyServerOptions } from 'fastify';
import type { App } from '../fastify.ts';
import type { Metrics } from '../metrics.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Names of query parameters whose values are not for a log; `ticket` is ours, the others are callers' mistakes. */
const SECRET_PARAMETER = /ticket|token|key|secret|authorization|password/i;

/**
 * How the service logs. Headers and bodies never get in, and of a URL's query no credential: what is not in the
 * serializers is not logged.
 */
export function loggerOptions(
  level: string,
  stream?: { write(line: string): void },
): NonNullable<FastifyServerOptions['logger']> {
  return {
    level,
    ...(stream ? { stream } : {}),
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, url: redacted(request.url) }),
      res: (reply: { statusCode: number }) => ({ statusCode: reply.statusCode }),
      err: describeError,
    },
  };
}

/** The caller's own request id, if it is fit to be a header and a log line; otherwise a new one. */
export function requestId(request: IncomingMessage | { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** One line and one observation for each request; what went well is told at `debug` only. */
export function registerRequestLog(app: App, metrics: Metrics): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const ms = reply.elapsedTime;
    metrics.observeRequest(request.method, request.routeOptions.url ?? 'none', reply.statusCode, ms / 1_000);
    const level = reply.statusCode >= 400 ? 'info' : 'debug';
    const uid = request.caller?.kind === 'user' ? { uid: request.caller.uid } : {};
    const space = request.space?.name ? { space: request.space.name } : {};
    request.log[level]({ req: request, res: reply, ms: Math.round(ms * 10) / 10, ...space, ...uid }, 'request');
    done();
  });
}

/** A URL without what is secret in its query. The names are decoded first: `%74icket` is a ticket, too. */
function redacted(url: string): string {
  return url.replace(/([?&])([^?=&]*)=[^&]*/g, (parameter, mark: string, name: string) =>
    SECRET_PARAMETER.test(decoded(name)) ? `${mark}${name}=[redacted]` : parameter,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * What a log tells of an error: these members alone. ioredis puts the command into its errors, with all arguments: the
 * text of the message, when it is a send that failed.
 */
export function describeError(error: Error): {
  type: string;
  message: string;
  stack: string;
  [member: string]: unknown;
} {
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    stack: stack ?? '',
    ...(cause instanceof Error ? { cause: describeError(cause) } : {}),
  };
}
