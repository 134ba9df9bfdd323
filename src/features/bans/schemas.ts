import { component } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';

export const Ban = component('Ban', {
  description: 'Somebody who is banned from a group.',
  properties: { uid: UidText(), bannedAt: TimeText('Since when.') },
  examples: [{ uid: 'mallory', bannedAt: '2025-11-23T12:18:31.455Z' }],
});

export const BanList = listOf(Ban, '1763900311455,mallory');
