import { conversationOf } from '../domain/conversations.ts';
import type { DeviceRecord, TokenAddress, WebAddress } from '../domain/devices.ts';
import type { Uid } from '../domain/names.ts';
import { type Notification, payloadOf, topicOf } from '../domain/notifications.ts';
import type { Conversations } from '../features/conversations/conversations.ts';
import { removeDevice, want } from '../features/push/commands.ts';
import type { Looked, NewMessage } from '../features/push/recipients.ts';
import type { WebPush } from '../features/push/web-push.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import type { Again } from './outbox.ts';
import { retryWait } from './retry-wait.ts';

/** What came of a push, as it is counted. */
export type PushOutcome = 'sent' | 'wanted' | 'failed' | 'refused' | 'removed' | 'late' | 'superfluous' | 'dropped';

/** When a push is tried again that has failed, ms, after each try; jittered. */
export const PUSH_RETRY_AFTER_MS = [2_000, 10_000, 30_000] as const;
/** What a push service may ask us to wait at most, ms. */
const MAX_WAIT_MS = 60_000;

/** A device that is told of a message; of phones, all of a user's at once. */
export interface Push {
  message: NewMessage;
  looked: Looked;
  target: { web: DeviceRecord } | { phones: readonly DeviceRecord[] };
}

export interface PushSenderOptions {
  store: Store;
  conversations: Conversations;
  /** Absent where Web Push is off. */
  webPush: WebPush | undefined;
  egress: Egress;
  log: Logger;
  /** Whether texts are pushed. */
  showsText: boolean;
  retryAfterMs: readonly number[];
  signal: AbortSignal;
  count(outcome: PushOutcome): void;
}

/** Sends what is to be pushed, once: to push services by itself, to others by way of the server's own backend. */
export class PushSender {
  readonly #of: PushSenderOptions;

  constructor(options: PushSenderOptions) {
    this.#of = options;
  }

  /** Never throws. @returns how long to wait before another try */
  async send({ message, looked, target }: Push, attempt: number): Promise<Again> {
    const { log, count, signal } = this.#of;
    try {
      if ('web' in target) return await this.#sendWeb(message, looked, target.web, attempt);
      await this.#want(message, looked, target.phones);
      count('wanted');
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'a notification could not be pushed');
      count('failed');
    }
    return undefined;
  }

  async #sendWeb(message: NewMessage, looked: Looked, device: DeviceRecord, attempt: number): Promise<Again> {
    const { webPush, egress, store, count, signal } = this.#of;
    if (!webPush) return undefined;
    const { uid } = looked;
    const address = device.address as WebAddress;
    const notification = this.#notificationOf(message, looked);
    const { headers, body } = webPush.request(address, payloadOf(notification), {
      topic: topicOf(uid, message.log),
      isUrgent: message.kind === 'direct' || notification.isMention,
    });
    const answer = await egress.post(address.endpoint, headers, body, signal).catch(() => undefined);
    if (signal.aborted) return undefined;
    if (answer && answer.status >= 200 && answer.status < 300) {
      count('sent');
    } else if (answer?.status === 404 || answer?.status === 410) {
      // Unless the device has another address by now.
      await store.run(removeDevice, { uid, device: device.device, digest: device.digest });
      count('removed');
    } else if (!answer || answer.status === 429 || answer.status >= 500) {
      const wait = this.#of.retryAfterMs[attempt - 1];
      if (wait !== undefined) return retryWait(wait, answer?.retryAfterMs, MAX_WAIT_MS);
      count('failed');
    } else {
      this.#of.log.warn({ status: answer.status, endpoint: new URL(address.endpoint).origin }, 'a push was refused');
      count('refused');
    }
    return undefined;
  }

  async #want(message: NewMessage, looked: Looked, phones: readonly DeviceRecord[]): Promise<void> {
    const { store, conversations } = this.#of;
    const { uid } = looked;
    const { from, fromName, groupName, isMention, unread } = this.#notificationOf(message, looked);
    const { unread: badge } = await conversations.unread(uid);
    const devices = phones.map(({ device, address }) => {
      const { kind, token } = address as TokenAddress;
      return { device, kind, token };
    });
    const words = [
      ...['from', from, 'fromName', fromName, 'groupName', groupName, 'isMention', isMention ? 1 : 0],
      ...['unread', unread, 'badge', badge, 'topic', topicOf(uid, message.log), 'devices', JSON.stringify(devices)],
    ];
    const { log, id, kind } = message;
    await store.run(want, { log, id, uid, isInChannel: kind === 'channel', words });
  }

  #notificationOf(message: NewMessage, { uid, finding, fromName, groupName }: Looked): Notification {
    const { log, id, from, mentions, text } = message;
    return {
      conversation: conversationOf(uid, log),
      id,
      from,
      fromName,
      groupName,
      isMention: isMentioned(mentions, uid),
      unread: 'unread' in finding ? finding.unread : 0,
      text: this.#of.showsText && text !== '' ? text : undefined,
    };
  }
}

function isMentioned(mentions: readonly string[], uid: Uid): boolean {
  return mentions.includes('*') || mentions.includes(uid);
}
