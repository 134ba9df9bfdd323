import Fastify, { LogController } from 'fastify';
import type { Config } from '../config/config.ts';
import type { App } from './fastify.ts';
import { BODY_LIMIT } from './plugins/body-limit.ts';
import { loggerOptions, requestId } from './plugins/logging.ts';
import { withoutNulls } from './plugins/nulls.ts';
import { answerMalformedRequest, sendProblem } from './plugins/problem.ts';
import { serializersOfServer } from './plugins/serialization.ts';
import { UpgradableRequest } from './plugins/upgrade.ts';
import { validatorsOfServer } from './plugins/validation.ts';

/** The server before it has plugins and routes: how it reads requests, and what it answers to those that it can't read. */
export function createServer(
  { logLevel, trustProxy }: Pick<Config, 'logLevel' | 'trustProxy'>,
  logStream: { write(line: string): void } | undefined,
): App {
  const app: App = Fastify({
    logger: loggerOptions(logLevel, logStream),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    trustProxy: trustProxy === true ? true : trustProxy || false,
    bodyLimit: BODY_LIMIT.small,
    // A slow sender is cut off; a slow reader of a stream is the hub's business.
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    http: { IncomingMessage: UpgradableRequest },
    forceCloseConnections: 'idle',
    // Its answer would be no problem+json, to the probes too; `registerShutdown` has a better one.
    return503OnClosing: false,
    // Long enough for any mistake to be told as one, instead of a path that does not exist.
    routerOptions: { maxParamLength: 20_000 },
    schemaController: {
      compilersFactory: {
        buildValidator: withoutNulls(validatorsOfServer()) as never,
        buildSerializer: serializersOfServer(),
      },
    },
    frameworkErrors: (error, request, reply) => sendProblem(request as never, reply as never, error),
    clientErrorHandler: answerMalformedRequest,
  }) as never;
  registerJsonBodies(app);
  // Fastify's own parser for it; a body is JSON or nothing.
  app.removeContentTypeParser('text/plain');
  return app;
}

/** Many clients say "application/json" with every request; one that then has no body simply has none. */
function registerJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}
