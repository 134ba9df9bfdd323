import Type from 'typebox';
import { ROLES, type Role } from '../../domain/policy.ts';
import { component, input, named, ref } from '../../http/openapi/component.ts';
import { TimeText, UidText } from '../../http/openapi/params.ts';
import { Problem } from '../../http/openapi/problem.ts';
import { listOf } from '../../http/openapi/responses.ts';

/** How many members one request may add. */
export const MAX_ADDED = 100;

const RoleText = named<Role>('MemberRole', {
  type: 'string',
  enum: ROLES,
  description: 'What the member is.',
  examples: ['member'],
});

const GivenRoleText = named<'admin' | 'member'>('GivenRole', {
  type: 'string',
  enum: ['admin', 'member'] satisfies Role[],
  description: 'What the member is from now on. (The group is handed over with `PATCH /v1/groups/{gid}`.)',
  examples: ['admin'],
});

export const Member = component('Member', {
  description: 'A member of a group.',
  properties: {
    uid: UidText(),
    role: RoleText,
    silencedUntil: Type.Optional(TimeText('Until when the member may send nothing there; absent where it may.')),
  },
  examples: [{ uid: 'bob', role: 'member' }],
});

export const MemberList = listOf(Member, 'bob');

export const MemberPatch = input('MemberPatch', {
  description: 'A change of a member; what is absent stays as it is.',
  properties: {
    role: Type.Optional(GivenRoleText),
    silencedUntil: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        format: 'date-time',
        description:
          'Until when the member may send nothing there. Null, or a time that has passed, lets it speak again.',
        examples: ['2026-11-23T12:00:00Z'],
      }),
    ),
  },
  minProperties: 1,
  examples: [{ role: 'admin' }, { silencedUntil: '2026-11-23T12:00:00Z' }],
});

export const MembersInput = input('MembersInput', {
  description: 'Who is to be added.',
  properties: { uids: Type.Array(UidText(), { minItems: 1, maxItems: MAX_ADDED, examples: [['bob', 'carol']] }) },
  examples: [{ uids: ['bob', 'carol'] }],
});

const AddResult = component('AddResult', {
  description: 'What came of one who was to be added.',
  properties: {
    uid: UidText(),
    status: Type.Integer({ description: 'As adding this one alone would have answered.', examples: [201] }),
    member: Type.Optional(ref(Member)),
    problem: Type.Optional(ref(Problem)),
  },
  examples: [{ uid: 'bob', status: 201, member: { uid: 'bob', role: 'member' } }],
});

export const AddOutput = component('AddOutput', {
  description: 'A result for each, in the order sent.',
  properties: { results: Type.Array(ref(AddResult)) },
  examples: [{ results: [{ uid: 'bob', status: 201, member: { uid: 'bob', role: 'member' } }] }],
});

export const JoinRequest = component('JoinRequest', {
  description: 'Somebody who asked to join a group.',
  properties: { uid: UidText(), requestedAt: TimeText('When.') },
  examples: [{ uid: 'carol', requestedAt: '2025-11-23T12:18:31.455Z' }],
});

export const JoinRequestList = listOf(JoinRequest, '1763900311455,carol');
