import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AggregatorRegistry, type Registry, type RegistryContentType } from 'prom-client';
import type { RedisTarget } from '../redis/connection/target.ts';

/** Where a worker finds the data. */
export interface Place {
  target: RedisTarget;
  /** True for the one who has to move the epoch. */
  mayHaveLostData: boolean;
}

/** What workers and their primary tell each other. */
type Note =
  | { asksFor: 'place' }
  | { place: Place }
  | { metricsFor: number }
  | { metrics: string; of: number }
  | { failed: string; of: number };

export interface WorkersOptions {
  log: { warn(details: object, message: string): void; info(details: object, message: string): void };
  /** Told when the workers can't be kept up: what is wrong is not of one moment. */
  onFailure(why: string): void;
}

/** The processes that serve, on one port. */
export interface Workers {
  /** Where the first one listens; rejected if it can't start. */
  listening: Promise<AddressInfo>;
  /** Ends all, each as a signal ends a node. */
  stop(): Promise<void>;
}

/**
 * Starts workers in this process, their primary: each is a node. One that dies is replaced; one that dies before it listens
 * is not, since the next one would die of the same.
 */
export function startWorkers(count: number, { target, mayHaveLostData }: Place, options: WorkersOptions): Workers {
  const { log, onFailure } = options;
  let isStopping = false;
  const metrics = new AggregatorRegistry();

  /** Resolves once it listens. */
  const fork = (place: Place): Promise<AddressInfo> => {
    const worker = cluster.fork();
    const { pid } = worker.process;
    worker.on('message', (note: Note) => {
      if ('asksFor' in note) worker.send({ place } satisfies Note);
      if ('metricsFor' in note) void answerMetrics(worker, note.metricsFor, metrics);
    });
    return new Promise((resolve, reject) => {
      let listens = false;
      worker.once('listening', (address) => {
        listens = true;
        resolve({ ...address, family: address.addressType === 6 ? 'IPv6' : 'IPv4' } as unknown as AddressInfo);
      });
      worker.once('exit', (code, signal) => {
        if (isStopping) return reject(new Error('the service is stopping'));
        if (!listens) return reject(new Error(`a worker ended before it listened (${signal ?? `code ${code}`})`));
        log.warn({ workerPid: pid, code, signal }, 'a worker has ended; another one takes its place');
        again();
      });
    });
  };
  const again = () =>
    void fork({ target, mayHaveLostData: false }).catch((error: Error) => {
      if (!isStopping) onFailure(error.message);
    });

  const listening = fork({ target, mayHaveLostData });
  // The others come once the data is prepared: the epoch moves once for a loss.
  listening.then(
    () => {
      for (let i = 1; i < count && !isStopping; i++) again();
    },
    () => {},
  );
  return {
    listening,
    async stop() {
      isStopping = true;
      const alive = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        alive.map((worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          return ended;
        }),
      );
    },
  };
}

async function answerMetrics(
  worker: Worker,
  of: number,
  metrics: AggregatorRegistry<RegistryContentType>,
): Promise<void> {
  const note: Note = await metrics.clusterMetrics().then(
    (text) => ({ metrics: text, of }),
    (error: Error) => ({ failed: error.message, of }),
  );
  if (worker.isConnected()) worker.send(note);
}

/** In a worker: where its primary says that the data is. What is not asked for would come before anybody listens. */
export async function placeFromPrimary(): Promise<Place> {
  const answer = once(process, 'message') as Promise<[{ place: Place }]>;
  process.send!({ asksFor: 'place' } satisfies Note);
  const [{ place }] = await answer;
  return place;
}

/** In a worker: what all workers have counted, together. For {@link AppOptions.gatherMetrics} of app.ts. */
export function metricsOfAllWorkers(own: Registry): () => Promise<string> {
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries([own]);
  let asked = 0;
  const waiting = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();
  process.on('message', (note: Note) => {
    if (!('of' in note)) return;
    const one = waiting.get(note.of);
    waiting.delete(note.of);
    if ('metrics' in note) one?.resolve(note.metrics);
    else one?.reject(new Error(`the metrics of all workers could not be gathered: ${note.failed}`));
  });
  return () =>
    new Promise((resolve, reject) => {
      const metricsFor = ++asked;
      waiting.set(metricsFor, { resolve, reject });
      process.send!({ metricsFor } satisfies Note);
    });
}
