import type { RedisOptions } from 'ioredis';
import { MasterRoute } from '../cluster/master-route.ts';
import { type Address, addressesOf, type RedisTarget, targetName } from './target.ts';

/** Where a connection leads to: a server that stands where it is, or whoever is the master. */
export type Endpoint = RedisTarget | MasterRoute;

/**
 * Who answers so is not the master, or not of these keys: only another connection helps. A host name is looked up anew by
 * each, so that one that moves is followed too. What was answered so was not done.
 */
const WRONG_SERVER = /^(CLUSTERDOWN|MASTERDOWN|MOVED|READONLY|UNBLOCKED) /;

/** The part of ioredis' options that says where to connect to, and when to do it again. */
export function endpointOptions(endpoint: Endpoint): Address & Pick<RedisOptions, 'Connector' | 'reconnectOnError'> {
  const reconnectOnError = (error: Error) => WRONG_SERVER.test(error.message);
  if (!(endpoint instanceof MasterRoute)) return { ...addressesOf(endpoint)[0], reconnectOnError };
  const { server, Connector } = endpoint;
  return { ...server, Connector, reconnectOnError };
}

/** How it is named in messages. */
export function endpointName(endpoint: Endpoint): string {
  return endpoint instanceof MasterRoute ? endpoint.name : targetName(endpoint);
}
