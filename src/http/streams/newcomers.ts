import type { TimeSlices } from '../../delivery/time-slices.ts';
import type { App } from '../fastify.ts';

/**
 * Whoever opens a stream or a socket waits for a slice before it is looked at who that is: a thousand who come back bring a
 * thousand tokens that nobody has seen.
 */
export function registerNewcomers(app: App, slices: TimeSlices): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === 'stream' || access === 'socket') slices.add(done);
    else done();
  });
}
