import Type from 'typebox';
import type { GroupKind, HistoryPolicy, JoinPolicy, PostPolicy } from '../../domain/policy.ts';
import { component, input, named } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { GidText, pageQuery, query, TimeText, UidText } from '../../http/openapi/params.ts';
import { MAX_IDS, UIDS_PATTERN } from '../../http/openapi/patterns.ts';
import { listOf } from '../../http/openapi/responses.ts';
import { RESERVED_GROUP_FIELDS } from './groups.ts';

/** How many groups a page has at most; one may have fields of 64 KiB. */
const MAX_GROUPS = 100;

const JoinPolicyText = named<JoinPolicy>('JoinPolicy', {
  type: 'string',
  enum: ['open', 'approval', 'closed'] satisfies JoinPolicy[],
  description: 'How one joins without being added: at once, after approval, or not at all.',
  examples: ['open'],
});

const PostPolicyText = named<PostPolicy>('PostPolicy', {
  type: 'string',
  enum: ['members', 'admins'] satisfies PostPolicy[],
  description: 'Who may send messages: all members, or the owner and the admins alone.',
  examples: ['members'],
});

const HistoryPolicyText = named<HistoryPolicy>('HistoryPolicy', {
  type: 'string',
  enum: ['all', 'joined'] satisfies HistoryPolicy[],
  description:
    'What somebody who joins may read: everything, or what comes from then on. It holds for those who join after it is set.',
  examples: ['all'],
});

const KindText = named<GroupKind>('GroupKind', {
  type: 'string',
  enum: ['group', 'channel'] satisfies GroupKind[],
  description:
    'How it is delivered: into the inboxes of its members, or, a `channel`, to those who follow it, of however many members. ' +
    'A channel stays one.',
  examples: ['group'],
});

const policies = {
  joinPolicy: JoinPolicyText,
  postPolicy: PostPolicyText,
  historyPolicy: HistoryPolicyText,
  kind: KindText,
};
const optionalPolicies = {
  joinPolicy: Type.Optional(JoinPolicyText),
  postPolicy: Type.Optional(PostPolicyText),
  historyPolicy: Type.Optional(HistoryPolicyText),
  kind: Type.Optional(KindText),
};

export const Group = component('Group', {
  description: 'A group.',
  properties: {
    gid: GidText(),
    owner: UidText('Who owns it.'),
    fields: Fields,
    ...policies,
    members: Type.Integer({ minimum: 0, description: 'How many members it has.', examples: [3] }),
    createdAt: TimeText('When it was created.'),
  },
  examples: [
    {
      gid: 'team',
      owner: 'alice',
      fields: { title: 'The team' },
      joinPolicy: 'open',
      postPolicy: 'members',
      historyPolicy: 'all',
      kind: 'group',
      members: 3,
      createdAt: '2025-11-23T12:18:31.455Z',
    },
  ],
});

const names = [...RESERVED_GROUP_FIELDS].map((name) => `\`${name}\``).join(', ');
const RESERVED = `Reserved as names of fields: ${names}.`;

export const GroupInput = input('GroupInput', {
  description: `A group to create, or to replace the fields of. ${RESERVED}`,
  properties: {
    fields: Fields,
    ...optionalPolicies,
    owner: Type.Optional(UidText('Who owns it. A server key names the owner of a new group; a user leaves it out.')),
  },
  examples: [{ fields: { title: 'The team' }, joinPolicy: 'approval' }],
});

export const GroupPatch = input('GroupPatch', {
  description: `A change of a group; what is absent stays as it is. ${RESERVED}`,
  properties: {
    fields: Type.Optional(FieldsPatch),
    ...optionalPolicies,
    owner: Type.Optional(UidText('The member who owns it from now on.')),
  },
  minProperties: 1,
  examples: [{ fields: { title: 'The A-team' }, owner: 'bob' }],
});

export const GroupList = listOf(Group, 'team');

/** The length of as many of the longest gids, with commas. */
const MAX_IDS_LENGTH = MAX_IDS * 65;

export const GroupsQuery = query({
  ids: Type.Optional(
    Type.String({
      maxLength: MAX_IDS_LENGTH,
      pattern: UIDS_PATTERN,
      description: `Gids with commas in between, at most ${MAX_IDS}. Not together with \`after\`.`,
      examples: ['team,club'],
    }),
  ),
  ...pageQuery(MAX_GROUPS, 'groups', 'team').properties,
});
