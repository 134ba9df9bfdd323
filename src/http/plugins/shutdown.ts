import { ImError } from '../../domain/errors.ts';
import type { App } from '../fastify.ts';

/** They say by themselves whether the service is up, ready, and how it is doing. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * How requests end while the service stops. What still comes on open connections is refused, before anything is done.
 * Every answer, also to what came before, closes its connection: one that is kept alive would hold up the shutdown
 * until its client leaves.
 *
 * @param isStopping asked at the beginning and at the end of each request
 */
export function registerShutdown(app: App, isStopping: () => boolean): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isStopping() || PROBES.has(request.routeOptions.url ?? '')) return done();
    done(new ImError('unavailable', 'This node is stopping; nothing was done, try again.', { retryAfter: 1 }));
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping()) reply.header('connection', 'close');
    done(null, payload);
  });
}
