import Type from 'typebox';
import { DEVICE_KINDS, type DeviceKind } from '../../domain/devices.ts';
import { component, input, named, ref } from '../../http/openapi/component.ts';
import { SelfParams, TimeText } from '../../http/openapi/params.ts';
import { DEVICE_PATTERN, KEY_PATTERN, TOKEN_PATTERN, URL_PATTERN } from '../../http/openapi/patterns.ts';

const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk';
const P256DH = 'BGEw2wsHgLwzerjvnMTkbKrFRxdmwJ5S_k7zi7A1coR_sVjHmGrlvzYpAT1n4NPbioFlQkIrTNL8EH4V3ZZ4vJE';
const AUTH = 'BTBZMqHH6r4Tts7J_aSIgg';
const PUBLIC_KEY = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4';

const device = Type.String({
  pattern: DEVICE_PATTERN,
  description: 'The device, as its client calls it.',
  examples: ['my-laptop'],
});

const DeviceKindText = named<DeviceKind>('DeviceKind', {
  type: 'string',
  enum: [...DEVICE_KINDS],
  description:
    '`web`: a browser, which the service pushes to itself. `fcm`, `apns`: a phone, which your backend pushes to, told by `notification.wanted`.',
  examples: ['web'],
});

export const Device = component('Device', {
  description: 'A device that notifications are pushed to. Its address is told to nobody.',
  properties: { device, kind: DeviceKindText, createdAt: TimeText('When it was made.') },
  examples: [{ device: 'my-laptop', kind: 'web', createdAt: '2025-11-23T12:18:31.455Z' }],
});

export const DeviceList = component('DeviceList', {
  description: 'All devices of a user.',
  properties: { items: Type.Array(ref(Device)) },
  examples: [{ items: [{ device: 'my-laptop', kind: 'web', createdAt: '2025-11-23T12:18:31.455Z' }] }],
});

const PushKeys = input('PushKeys', {
  description: "Keys of a browser's push subscription, in base64url.",
  properties: {
    p256dh: Type.String({ pattern: KEY_PATTERN, description: 'The public key: 65 bytes.', examples: [P256DH] }),
    auth: Type.String({ pattern: KEY_PATTERN, description: 'The secret: 16 bytes.', examples: [AUTH] }),
  },
  examples: [{ p256dh: P256DH, auth: AUTH }],
});

export const DeviceInput = input('DeviceInput', {
  description: 'Where to push to: of a browser what `PushSubscription.toJSON()` has, of a phone its token.',
  properties: {
    kind: DeviceKindText,
    endpoint: Type.Optional(
      Type.String({
        pattern: URL_PATTERN,
        maxLength: 2_000,
        description: 'Of `web`: where its push service takes what is for it.',
        examples: [ENDPOINT],
      }),
    ),
    keys: Type.Optional(ref(PushKeys)),
    token: Type.Optional(
      Type.String({ pattern: TOKEN_PATTERN, description: 'Of `fcm` and `apns`.', examples: ['eXaMpLe-token'] }),
    ),
  },
  examples: [
    { kind: 'web', endpoint: ENDPOINT, keys: { p256dh: P256DH, auth: AUTH } },
    { kind: 'fcm', token: 'eXaMpLe-token' },
  ],
});

export const PushInfo = component('PushInfo', {
  description: 'What a page subscribes with.',
  properties: {
    publicKey: Type.String({
      description: 'The `applicationServerKey` of `pushManager.subscribe`: a key of P-256 in base64url.',
      examples: [PUBLIC_KEY],
    }),
  },
  examples: [{ publicKey: PUBLIC_KEY }],
});

export const DeviceParams = Type.Object({ ...SelfParams.properties, device });
