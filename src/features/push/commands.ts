import type { LogName } from '../../domain/conversations.ts';
import { type DeviceRecord, deviceFrom } from '../../domain/devices.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import type { Keys } from '../../redis/keys.ts';

interface PutDevice {
  uid: Uid;
  device: string;
  digest: string;
  /** JSON */
  address: string;
  /** How many a user may have. */
  max: number;
}

/** Refuses `user_not_found`, `too_many_devices`. */
export const putDevice = command({
  script: new URL('./put_device.lua', import.meta.url),
  keys: (keys, { uid }: PutDevice) => [
    keys.user(uid),
    keys.devices(uid),
    keys.usersWithDevices(),
    keys.pushAddresses(),
    keys.pushSpaces(),
  ],
  args: ({ uid, device, digest, address, max }) => [uid, device, digest, address, max],
  decode: ([outcome, madeAt]: [string, string]) => ({
    created: outcome === 'created',
    createdAtMs: Number(madeAt),
  }),
});

/** Whether there was one to remove. */
export const removeDevice = command({
  script: new URL('./remove_device.lua', import.meta.url),
  keys: (keys, { uid }: { uid: Uid; device: string; digest?: string }) => [
    keys.devices(uid),
    keys.usersWithDevices(),
    keys.pushAddresses(),
  ],
  args: ({ uid, device, digest = '' }) => [uid, device, digest],
  decode: (removed: number) => removed === 1,
});

/** Whom a message is told: all members of a group, or these people. */
export type Told = { gid: Gid } | { uids: readonly Uid[] };

/** Of each message those whom it is told, and who have a device. */
export const withDevices = command({
  script: new URL('./with_devices.lua', import.meta.url),
  keys: (keys, all: readonly Told[]) => [
    keys.usersWithDevices(),
    ...all.map((told) => ('gid' in told ? keys.members(told.gid) : keys.usersWithDevices())),
  ],
  // A word that is empty means all members.
  args: (all) => all.map((told) => ('gid' in told ? '' : told.uids.join(' ') || ' ')),
  decode: (reply: Uid[][]) => reply,
});

interface LookUp {
  log: LogName;
  id: MessageId;
  from: Uid;
  /** Of a direct chat, absent. */
  gid: Gid | undefined;
  knowsPresence: boolean;
  people: readonly { uid: Uid; isNamed: boolean }[];
}

/** Why somebody is not to be notified. */
export type Silence = 'gone' | 'no_device' | 'suspended' | 'blocked' | 'online' | 'read' | 'muted';

/** Whether somebody is to be notified of a message, and where. */
export type Finding = { silence: Silence } | { unread: number; devices: DeviceRecord[] };

type RawFinding = Silence | [unread: number, ...kept: string[]];

export const lookUp = command({
  script: new URL('./look_up.lua', import.meta.url),
  keys: (keys, { log, from, gid, people }: LookUp) => [
    keys.log(log),
    keys.erased(log),
    keys.mentionsOfAll(log),
    keys.suspended(),
    keys.user(from),
    ...(gid === undefined ? [] : [keys.group(gid), keys.members(gid)]),
    ...people.flatMap(({ uid }) => keysOf(keys, uid)),
  ],
  args: ({ log, id, from, gid, knowsPresence, people }) => [
    log,
    id,
    from,
    gid ?? '',
    knowsPresence ? 1 : 0,
    ...people.flatMap(({ uid, isNamed }) => [uid, isNamed ? 1 : 0]),
  ],
  decode: ([fromName, groupName, ...found]: [string, string, ...RawFinding[]]) => ({
    fromName,
    groupName,
    findings: found.map(findingFrom),
  }),
});

function keysOf(keys: Keys, uid: Uid): string[] {
  return [
    keys.user(uid),
    keys.devices(uid),
    keys.presence(uid),
    keys.blocks(uid),
    keys.settings(uid),
    keys.read(uid),
    keys.floors(uid),
  ];
}

function findingFrom(raw: RawFinding): Finding {
  if (typeof raw === 'string') return { silence: raw };
  const [unread, ...kept] = raw;
  const devices = Array.from({ length: kept.length / 2 }, (_, i) => deviceFrom(kept[2 * i]!, kept[2 * i + 1]!));
  return { unread, devices };
}

/** Tells the server's own backend that somebody is to be notified. */
export const want = command({
  script: new URL('./want.lua', import.meta.url),
  keys: (
    keys,
    _: { log: LogName; id: MessageId; uid: Uid; isInChannel: boolean; words: readonly (string | number)[] },
  ) => [keys.feed(), keys.journal()],
  args: ({ log, id, uid, isInChannel, words }) => [log, id, uid, isInChannel ? 1 : 0, ...words],
  decode: () => undefined,
});

/** Whether nobody has a device any more: then nothing is written for pushes. */
export const rest = command({
  script: new URL('./rest.lua', import.meta.url),
  keys: (keys, _: string) => [keys.usersWithDevices(), keys.pushSpaces(), keys.journal(), keys.journalConsumers()],
  args: (consumer) => [consumer],
  decode: (isResting: number) => isResting === 1,
});
