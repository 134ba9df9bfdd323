import { component } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';

export const Block = component('Block', {
  description: 'Somebody whom the user has blocked.',
  properties: { uid: UidText(), blockedAt: TimeText('Since when.') },
  examples: [{ uid: 'mallory', blockedAt: '2025-11-23T12:18:31.455Z' }],
});

export const BlockList = listOf(Block, '1763900311455,mallory');
