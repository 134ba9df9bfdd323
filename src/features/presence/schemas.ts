import Type from 'typebox';
import { component, ref } from '../../http/openapi/component.ts';
import { query, TimeText, UidsText, UidText } from '../../http/openapi/params.ts';

/** What is told of somebody's presence, by request and by event. */
export const presenceProperties = {
  uid: UidText('Who.'),
  online: Type.Boolean({ description: 'Whether there is an open stream or a long-poll.', examples: [false] }),
  lastSeenAt: Type.Optional(TimeText('When there was one last; absent while there is one, and before the first.')),
};

export const PresenceExample = { uid: 'bob' as never, online: false, lastSeenAt: '2025-11-23T12:18:31.455Z' };

export const Presence = component('Presence', {
  description: 'Whether somebody is there.',
  properties: presenceProperties,
  examples: [PresenceExample],
});

export const PresenceList = component('PresenceList', {
  description: 'Those of whom the caller may know.',
  properties: { items: Type.Array(ref(Presence)) },
  examples: [{ items: [PresenceExample] }],
});

export const PresenceQuery = query({ ids: UidsText() });
