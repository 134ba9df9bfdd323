import type { DeviceAddress, DeviceKind } from '../../domain/devices.ts';
import { ImError } from '../../domain/errors.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { SelfParams } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { pushOff } from './devices.ts';
import { Device, DeviceInput, DeviceList, DeviceParams, PushInfo } from './schemas.ts';
import type { WebPush } from './web-push.ts';

/** Devices, and what a browser needs to become one. */
export function pushRoutes(app: App, { webPush }: { webPush: WebPush | undefined }): void {
  app.get(
    '/v1/push',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'getPush',
        tags: ['push'],
        summary: 'Read what a browser subscribes with',
        description:
          'For Web Push: a page passes it to `pushManager.subscribe`, and what comes of that to `PUT /v1/users/me/devices/{device}`.',
        response: responses({ 200: answer(PushInfo, 'The public key.') }, 'push_off'),
      },
    },
    async () => {
      if (!webPush) throw pushOff();
      return { publicKey: webPush.publicKey };
    },
  );

  app.get(
    '/v1/users/:uid/devices',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listDevices',
        tags: ['push'],
        summary: "List a user's devices",
        description: 'The oldest first. For the user itself, or a server key.',
        params: SelfParams,
        response: responses({ 200: answer(DeviceList, 'All devices.') }),
      },
    },
    async (request) => ({ items: await request.space.devices.list(request.params.uid) }),
  );

  app.get(
    '/v1/users/:uid/devices/:device',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'getDevice',
        tags: ['push'],
        summary: 'Read a device',
        description: 'For the user itself, or a server key.',
        params: DeviceParams,
        response: responses({ 200: answer(Device, 'The device.') }, 'device_not_found'),
      },
    },
    (request) => request.space.devices.get(request.params.uid, request.params.device),
  );

  app.put(
    '/v1/users/:uid/devices/:device',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'putDevice',
        tags: ['push'],
        summary: 'Have notifications pushed to a device',
        description:
          'Of messages that come from now on while the user has no stream open: not of silent ones, not in conversations that are muted ' +
          'or archived unless one names the user, in channels only where one does. The newest of each conversation, at most one a ' +
          'second. An address is one device’s alone: whoever else has had it has it no more. Up to 20 a user. For the user itself, or a ' +
          'server key. Idempotent.',
        params: DeviceParams,
        body: ref(DeviceInput),
        response: responses(
          { 201: answer(Device, 'The device is made.'), 200: answer(Device, 'It was there, and is set up anew.') },
          'user_not_found',
          'push_off',
          'too_many_devices',
          'too_many_consumers',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      const { uid, device } = request.params;
      const { device: made, created } = await request.space.devices.put(uid, device, addressIn(request.body));
      return reply.status(created ? 201 : 200).send(made);
    },
  );

  app.delete(
    '/v1/users/:uid/devices/:device',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteDevice',
        tags: ['push'],
        summary: 'Push nothing to a device any more',
        description: 'For the user itself, or a server key. Idempotent: without a device it answers the same.',
        params: DeviceParams,
        response: responses({ 204: nothing('There is no such device.') }),
      },
    },
    async (request, reply) => {
      await request.space.devices.remove(request.params.uid, request.params.device);
      return reply.status(204).send(null);
    },
  );
}

interface Given {
  kind: DeviceKind;
  endpoint?: string;
  keys?: { p256dh: string; auth: string };
  token?: string;
}

/** What a kind needs, and nothing else. @throws ImError `invalid_request` */
function addressIn({ kind, endpoint, keys, token }: Given): DeviceAddress {
  if (kind === 'web') {
    if (endpoint === undefined || keys === undefined || token !== undefined) {
      throw new ImError(
        'invalid_request',
        'A "web" device has an "endpoint" and "keys", as PushSubscription.toJSON() has them, and no "token".',
      );
    }
    return { kind, endpoint, keys };
  }
  if (token === undefined || endpoint !== undefined || keys !== undefined) {
    throw new ImError(
      'invalid_request',
      `A device of "${kind}" has a "token", and neither "endpoint" nor "keys": {"kind":"${kind}","token":"…"}.`,
    );
  }
  return { kind, token };
}
