import type { Mutant } from './mutant.ts';

const ROUTES = ['test/features/push/routes.test.ts'];
const DEVICES = ['test/features/push/devices.test.ts'];
const WORKER = ['test/workers/push-worker.test.ts'];
const NODES = ['test/workers/push-nodes.test.ts'];

/** Push: to whom it goes, and that nobody is told what another one should be. */
export const PUSH: readonly Mutant[] = [
  {
    name: 'who has a stream open is pushed to',
    file: 'push/look_up.lua',
    from: "if knows_presence and presence_of(presence) then return 'online' end",
    to: '',
    tests: NODES,
    pattern: 'who has a stream open on another one',
  },
  {
    name: 'who seemed to be there is never looked at again',
    file: 'workers/push-runner.ts',
    from: "finding.silence === 'online'",
    to: 'false',
    tests: WORKER,
    pattern: 'once it is closed',
  },
  {
    name: 'a muted conversation is pushed',
    file: 'push/look_up.lua',
    from: "if is_muted(uid, is_named) then return 'muted' end",
    to: '',
    tests: WORKER,
    pattern: 'muted or archived',
  },
  {
    name: 'what names one is not pushed where it is muted',
    file: 'push/look_up.lua',
    from: 'if is_named then return false end',
    to: '',
    tests: WORKER,
    pattern: 'muted or archived',
  },
  {
    name: 'a silent message is pushed',
    file: 'workers/push-runner.ts',
    from: '|| message.silent',
    to: '',
    tests: WORKER,
    pattern: 'a silent message',
  },
  {
    name: 'a device is pushed to as often as something comes',
    file: 'workers/outbox.ts',
    from: 'lane.nextAt = Date.now() + this.#options.everyMs;',
    to: '',
    tests: WORKER,
    pattern: 'one a second',
  },
  {
    name: 'what waits is not looked at anew',
    file: 'workers/push-runner.ts',
    from: 'if (!waited) return',
    to: 'if (true as boolean) return',
    tests: WORKER,
    pattern: 'what is read while it waits',
  },
  {
    name: 'a device that is gone stays',
    file: 'workers/push-sender.ts',
    from: 'await store.run(removeDevice,',
    to: 'void (removeDevice,',
    tests: WORKER,
    pattern: 'a device that is gone',
  },
  {
    name: 'a channel is pushed to all its members',
    file: 'push/recipients.ts',
    from: "message.kind === 'channel' ?",
    to: '(false as boolean) ?',
    tests: WORKER,
    pattern: 'in a channel',
  },
  {
    name: 'somebody else goes on being told what comes to a browser that is another one’s now',
    file: 'push/put_device.lua',
    from: 'if holder and (is_moved or holder ~= uid) then forget_device(holder, held) end',
    to: '',
    tests: ROUTES,
    pattern: 'an address is one device’s alone',
  },
  {
    name: 'the text is pushed where it should not be',
    file: 'workers/push-sender.ts',
    from: 'this.#of.showsText && text',
    to: 'text',
    tests: WORKER,
    pattern: 'and not the text',
  },
  {
    name: 'devices outlive their user',
    file: 'users/finish_removal.lua',
    from: "for _, device in ipairs(redis.call('HKEYS', KEYS[21])) do forget_device(uid, device) end",
    to: '',
    tests: ROUTES,
    pattern: 'a user who was removed',
  },
  {
    name: 'the journal is written for pushes when nobody has a device any more',
    file: 'push/rest.lua',
    from: "redis.call('HDEL', KEYS[5], ARGV[1]) == 1",
    to: 'false',
    tests: DEVICES,
    pattern: 'while somebody has a device',
  },
  {
    name: 'a push goes to an address without TLS',
    file: 'webhooks/egress.ts',
    from: 'isSecure && !this.#options.allowsPrivate',
    to: 'false',
    tests: ROUTES,
    pattern: 'what nothing can be pushed to',
  },
];
