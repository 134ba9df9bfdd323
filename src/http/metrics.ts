import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';

/** So many spaces have a label of their own; the others share `_other`. */
const MAX_LABELS = 1_000;

/** What is looked at when the metrics are asked for. */
export interface Gauged {
  /** The partitions, by name; `''` where there is one. */
  readonly partitions: readonly string[];
  /** How long ago a partition's feed was last known to be read to its end, ms. */
  feedLagMs(partition: string): number;
  /** How long a partition takes to answer a PING, ms; undefined where it does not. */
  pingMs(partition: string): Promise<number | undefined>;
}

/**
 * What `/metrics` tells, in one place: whoever counts gets the metrics handed in.
 *
 * @param hasSpaces whether what is of one space says of which
 */
export function createMetrics(gauged: Gauged, hasSpaces: boolean) {
  const labels = new Set<SpaceName>();
  const ofSpace = hasSpaces ? (['space'] as const) : [];
  /** The label of a space, where there are any. */
  const label = (space: SpaceName): { space?: string } => {
    if (!hasSpaces) return {};
    if (space === DEFAULT_SPACE) return { space: 'default' };
    if (labels.size < MAX_LABELS) labels.add(space);
    // An underscore is in no name.
    return { space: labels.has(space) ? space : '_other' };
  };
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
  const series = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();
  const sends = new Counter({
    name: 'redisim_sends_total',
    help: 'Messages by outcome: created, repeated, or an error code.',
    labelNames: ['outcome', ...ofSpace],
    registers,
  });
  const sendsBy = new Map<string, Counter.Internal>();
  const deliveries = new Counter({
    name: 'redisim_deliveries_total',
    help: 'Messages written to open streams.',
    labelNames: [...ofSpace],
    registers,
  });
  const webhooks = new Counter({
    name: 'redisim_webhook_deliveries_total',
    help: 'Tries to send an event to a webhook, by outcome: delivered, failed.',
    labelNames: ['outcome', ...ofSpace],
    registers,
  });
  const questions = new Counter({
    name: 'redisim_before_send_total',
    help: 'Questions before a message is sent or edited, by outcome: allowed, denied, replaced, failed.',
    labelNames: ['outcome', ...ofSpace],
    registers,
  });
  const questionTimes = new Histogram({
    name: 'redisim_before_send_duration_seconds',
    help: 'How long such a question took.',
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers,
  });
  const pushes = new Counter({
    name: 'redisim_push_total',
    help: 'Notifications for devices, by outcome: sent, wanted (of the backend), failed, refused, removed (the device is gone), late, superfluous (read meanwhile, for example), dropped (too many).',
    labelNames: ['outcome', ...ofSpace],
    registers,
  });
  const subscribers = new Gauge({
    name: 'redisim_subscribers',
    help: 'Open streams by state: live, catching-up, behind; and long-polls: waiting.',
    labelNames: ['state', ...ofSpace],
    registers,
  });
  const subscribersBy = new Map<string, Gauge.Internal<string>>();
  const { partitions } = gauged;
  const ofPartition = partitions.length > 1 ? (['partition'] as const) : [];
  const inPartition = (partition: string): { partition?: string } => (partitions.length > 1 ? { partition } : {});
  // Of several workers the slowest one counts.
  new Gauge({
    name: 'redisim_feed_lag_seconds',
    help: 'How long ago the feed was last read to its end, or seen to be idle.',
    labelNames: [...ofPartition],
    aggregator: 'max',
    registers,
    collect() {
      for (const partition of partitions) this.set(inPartition(partition), gauged.feedLagMs(partition) / 1_000);
    },
  });
  new Gauge({
    name: 'redisim_redis_ping_seconds',
    help: 'How long Redis took to answer a PING just now.',
    labelNames: [...ofPartition],
    aggregator: 'max',
    registers,
    async collect() {
      const times = await Promise.all(partitions.map((partition) => gauged.pingMs(partition)));
      times.forEach((ms, i) => {
        if (ms !== undefined) this.set(inPartition(partitions[i]!), ms / 1_000);
      });
    },
  });
  return {
    registry,
    /** Counts an answered request; how long it took is in seconds, as Prometheus wants it. */
    observeRequest(method: string, route: string, status: number, seconds: number): void {
      const name = `${method} ${status} ${route}`;
      kept(series, name, () => requests.labels(method, route, String(status))).observe(seconds);
    },
    /** Counts a send by its outcome. */
    countSend(outcome: string, space: SpaceName): void {
      const of = label(space);
      kept(sendsBy, `${outcome} ${of.space}`, () => sends.labels({ outcome, ...of })).inc();
    },
    /** Counts messages that were written to open streams. */
    countDeliveries(count: number, space: SpaceName): void {
      deliveries.inc(label(space), count);
    },
    /** A stream enters or leaves a state. */
    countSubscribers(state: string, change: number, space: SpaceName): void {
      const of = label(space);
      kept(subscribersBy, `${state} ${of.space}`, () => subscribers.labels({ state, ...of })).inc(change);
    },
    /** Counts a try to send an event to a webhook. */
    countWebhook(outcome: string, space: SpaceName): void {
      webhooks.inc({ outcome, ...label(space) });
    },
    /** Counts a question that was asked before something was sent. */
    countQuestion(outcome: string, seconds: number, space: SpaceName): void {
      questions.inc({ outcome, ...label(space) });
      questionTimes.observe(seconds);
    },
    /** Counts what came of a notification. */
    countPush(outcome: string, space: SpaceName): void {
      pushes.inc({ outcome, ...label(space) });
    },
    inboxesRefused: new Counter({
      name: 'redisim_inboxes_refused_total',
      help: 'Inboxes that could not take a message, such as a key of a wrong type. Look into the log.',
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

/** A series that was found once. To find it by its labels costs more than to observe; routes, and so series, are few. */
function kept<Series>(found: Map<string, Series>, name: string, find: () => Series): Series {
  let one = found.get(name);
  if (!one) {
    one = find();
    found.set(name, one);
  }
  return one;
}
