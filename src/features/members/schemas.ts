import { component, named } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';
import type { Member as GroupMember } from './members.ts';

const RoleText = named<GroupMember['role']>('MemberRole', {
  type: 'string',
  enum: ['owner', 'member'] satisfies GroupMember['role'][],
  description: 'What the member is.',
  examples: ['member'],
});

export const Member = component('Member', {
  description: 'A member of a group.',
  properties: { uid: UidText(), role: RoleText },
  examples: [{ uid: 'bob', role: 'member' }],
});

export const MemberList = listOf(Member, 'bob');

export const JoinRequest = component('JoinRequest', {
  description: 'Somebody who asked to join a group.',
  properties: { uid: UidText(), requestedAt: TimeText('When.') },
  examples: [{ uid: 'carol', requestedAt: '2025-11-23T12:18:31.455Z' }],
});

export const JoinRequestList = listOf(JoinRequest, '1763900311455,carol');
