import { checkKeys, type DeviceAddress, type DeviceKind, deviceFrom, digestOf } from '../../domain/devices.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import type { Consumers } from '../journal/consumers.ts';
import * as commands from './commands.ts';

/** How many a user may have. */
const MAX_DEVICES = 20;
/** The name of what pushes among the consumers of the journal: no other one has a colon. */
export const PUSH_CONSUMER = 'push:devices';
/** For how long the journal is kept for it while no node pushes, s: what is older is not worth much by then. */
const RETENTION_S = 3_600;

/** A device, without what one could push to it with. */
export interface Device {
  device: string;
  kind: DeviceKind;
  createdAt: string;
}

export interface DevicesOptions {
  store: Store;
  consumers: Consumers;
  /** Where Web Push is off: absent. Throws what is wrong with where a push is to go. */
  checkEndpoint: ((url: string) => void) | undefined;
}

/** Devices of users, which notifications are pushed to. */
export class Devices {
  readonly #of: DevicesOptions;

  constructor(options: DevicesOptions) {
    this.#of = options;
  }

  /**
   * Makes a device, or sets it up anew. `invalid_request`, `push_off`, `user_not_found`, `too_many_devices`,
   * `too_many_consumers`, `update_pending`.
   */
  async put(uid: Uid, device: string, address: DeviceAddress): Promise<{ device: Device; created: boolean }> {
    if (address.kind === 'web') this.#checkWeb(address);
    // What is sent from here on is not missed, whichever node pushes.
    await this.follow();
    const { created, createdAtMs } = await this.#of.store.run(commands.putDevice, {
      uid,
      device,
      digest: digestOf(address),
      address: JSON.stringify(address),
      max: MAX_DEVICES,
    });
    return { device: shown(device, address.kind, createdAtMs), created };
  }

  /** The oldest first. */
  async list(uid: Uid): Promise<Device[]> {
    const { redis, keys } = this.#of.store;
    const all = Object.entries(await redis.hgetall(keys.devices(uid))).map(([device, kept]) =>
      deviceFrom(device, kept),
    );
    return all
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.device < b.device ? -1 : 1))
      .map(({ device, address, createdAtMs }) => shown(device, address.kind, createdAtMs));
  }

  /** @throws ImError `device_not_found` */
  async get(uid: Uid, device: string): Promise<Device> {
    const { redis, keys } = this.#of.store;
    const kept = await redis.hget(keys.devices(uid), device);
    if (kept === null) return refuse('device_not_found', device);
    const { address, createdAtMs } = deviceFrom(device, kept);
    return shown(device, address.kind, createdAtMs);
  }

  /** Without one nothing happens. */
  async remove(uid: Uid, device: string): Promise<void> {
    await this.#of.store.run(commands.removeDevice, { uid, device });
  }

  /** Where nobody in the space has a device, nothing is written for pushes any more. Whether that is so. */
  rest(): Promise<boolean> {
    return this.#of.store.run(commands.rest, PUSH_CONSUMER);
  }

  /** From now on the journal is written for what pushes. Where it goes on. */
  async follow(): Promise<Cursor> {
    const { consumer } = await this.#of.consumers.put(PUSH_CONSUMER, RETENTION_S);
    return consumer.acknowledged;
  }

  #checkWeb({ endpoint, keys }: Extract<DeviceAddress, { kind: 'web' }>): void {
    const { checkEndpoint } = this.#of;
    if (!checkEndpoint) throw pushOff();
    checkEndpoint(endpoint);
    checkKeys(keys);
  }
}

/** What is answered where Web Push is off. */
export function pushOff(): ImError {
  return new ImError(
    'push_off',
    'This service pushes nothing to browsers: whoever runs it gives all nodes the same VAPID_PRIVATE_KEY, for example from "npx web-push generate-vapid-keys".',
  );
}

function shown(device: string, kind: DeviceKind, createdAtMs: number): Device {
  return { device, kind, createdAt: new Date(createdAtMs).toISOString() };
}
