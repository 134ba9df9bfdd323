import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is looked at when the metrics are asked for. */
export interface Gauged {
  /** How long ago the feed was last known to be read to its end, ms. */
  feedLagMs(): number;
  /** How long Redis takes to answer a PING, ms; undefined where it does not. */
  pingMs(): Promise<number | undefined>;
}

/** What `/metrics` tells, in one place. Imports nothing of ours: whoever counts gets the metrics handed in. */
export function createMetrics(gauged: Gauged) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'redisim_' });
  const requests = new Histogram({
    name: 'redisim_http_request_duration_seconds',
    help: 'HTTP requests by method, route and status; streams are counted when they end.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  // Finding a series by its labels costs more than observing; routes, and so series, are few.
  const series = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();
  const sends = new Counter({
    name: 'redisim_sends_total',
    help: 'Messages by outcome: created, repeated, or an error code.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const sendsBy = new Map<string, Counter.Internal>();
  // Of several workers the slowest one counts.
  new Gauge({
    name: 'redisim_feed_lag_seconds',
    help: 'How long ago the feed was last read to its end, or seen to be idle.',
    aggregator: 'max',
    registers,
    collect() {
      this.set(gauged.feedLagMs() / 1_000);
    },
  });
  new Gauge({
    name: 'redisim_redis_ping_seconds',
    help: 'How long Redis took to answer a PING just now.',
    aggregator: 'max',
    registers,
    async collect() {
      const ms = await gauged.pingMs();
      if (ms !== undefined) this.set(ms / 1_000);
    },
  });
  return {
    registry,
    /** Counts an answered request; how long it took is in seconds, as Prometheus wants it. */
    observeRequest(method: string, route: string, status: number, seconds: number): void {
      const name = `${method} ${status} ${route}`;
      let one = series.get(name);
      if (!one) {
        one = requests.labels(method, route, String(status));
        series.set(name, one);
      }
      one.observe(seconds);
    },
    /** Counts a send by its outcome. */
    countSend(outcome: string): void {
      let one = sendsBy.get(outcome);
      if (!one) {
        one = sends.labels(outcome);
        sendsBy.set(outcome, one);
      }
      one.inc();
    },
    deliveries: new Counter({
      name: 'redisim_deliveries_total',
      help: 'Messages written to open streams.',
      registers,
    }),
    inboxesRefused: new Counter({
      name: 'redisim_inboxes_refused_total',
      help: 'Inboxes that could not take a message, such as a key of a wrong type. Look into the log.',
      registers,
    }),
    subscribers: new Gauge({
      name: 'redisim_subscribers',
      help: 'Open streams by state: live, catching-up, behind; and long-polls: waiting.',
      labelNames: ['state'] as const,
      registers,
    }),
    epochMoves: new Counter({
      name: 'redisim_epoch_moves_total',
      help: 'How often this node saw that Redis had lost data.',
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
