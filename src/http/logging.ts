import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyServerOptions } from 'fastify';
import type { Metrics } from '../metrics.ts';
import type { App } from './fastify.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * How the service logs. Headers and bodies never get in, and of a URL's query no ticket: what is not in the serializers
 * is not logged.
 */
export function loggerOptions(
  level: string,
  stream?: { write(line: string): void },
): NonNullable<FastifyServerOptions['logger']> {
  return {
    level,
    ...(stream ? { stream } : {}),
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, url: withoutTicket(request.url) }),
      res: (reply: { statusCode: number }) => ({ statusCode: reply.statusCode }),
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
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const ms = reply.elapsedTime;
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, ms / 1_000);
    const level = reply.statusCode >= 400 ? 'info' : 'debug';
    const uid = request.caller?.kind === 'user' ? { uid: request.caller.uid } : {};
    request.log[level]({ req: request, res: reply, ms: Math.round(ms * 10) / 10, ...uid }, 'request');
  });
}

function withoutTicket(url: string): string {
  return url.replace(/([?&]ticket=)[^&]*/g, '$1[redacted]');
}
