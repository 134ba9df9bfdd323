import cors from '@fastify/cors';
import underPressure from '@fastify/under-pressure';
import helmet from 'helmet';
import { ImError } from '../../domain/errors.ts';
import type { App } from '../fastify.ts';

/** How long the delay of the event loop is measured before it is looked at, ms. */
const SAMPLE_MS = 5_000;

/**
 * What guards every answer: headers that tell a browser to do nothing with it, who may read it from another origin, and
 * a refusal where the node has more to do than it can.
 *
 * @param corsOrigins web origins that may call the API; `*` is any, none is none
 */
export async function registerSecurity(app: App, corsOrigins: readonly string[]): Promise<void> {
  const headers = securityHeaders();
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
      methods: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['x-request-id', 'retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
    });
  }
  const isLasting = lasting(SAMPLE_MS);
  await app.register(underPressure, {
    // Far above what a busy node has: a refusal must mean that waiting would be worse.
    maxEventLoopDelay: 5_000,
    // The delay is the mean over so long, and endless where not even two turns of the loop came to be measured: over the
    // plugin's one second, a slow start or a pause of a second would count as that.
    sampleInterval: SAMPLE_MS,
    // Rejecting is what ends the request: after an answer sent from here the handler would be called all the same.
    pressureHandler: async () => {
      if (!isLasting()) return;
      throw new ImError('unavailable', 'This node is overloaded; nothing was done, try again.', { retryAfter: 2 });
    },
  });
}

/**
 * Whether what is reported goes on for longer than one sample: a node that was busy with one thing only, such as its own
 * start on a slow machine, refuses nobody.
 */
export function lasting(sampleMs: number): () => boolean {
  let since = Number.NEGATIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last > 2 * sampleMs) since = now;
    last = now;
    return now - since > sampleMs;
  };
}

/**
 * Helmet's headers, computed once: they are the same for every answer, and the plugin for Fastify computes them for each
 * (9 % of a send). Those that only concern pages of old browsers are left out.
 */
function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const collect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Which one is right depends on what is in front of the service; it is the proxy's to say.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => {},
  };
  collect({} as never, response as never, () => {});
  return headers;
}
