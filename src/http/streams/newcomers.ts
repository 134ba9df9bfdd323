import type { TimeSlices } from '../../delivery/time-slices.ts';
import type { App } from '../fastify.ts';

/**
 * Whoever opens a stream or a socket (or reads a file, which is let in as a stream is) waits for a slice before the credential is
 * looked at: a thousand who come back bring a thousand tokens that were not seen before.
 */
export function registerNewcomers(app: App, slices: TimeSlices): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === 'stream' || access === 'socket') slices.add(done);
    else done();
  });
}
