import Type from 'typebox';
import { component, input, named } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { GidText, TimeText, UidText } from '../../http/openapi/params.ts';
import type { JoinPolicy } from './groups.ts';

const JoinPolicyText = named<JoinPolicy>('JoinPolicy', {
  type: 'string',
  enum: ['open', 'approval', 'closed'] satisfies JoinPolicy[],
  description: 'How one joins without the owner: at once, after approval, or not at all.',
  examples: ['open'],
});

export const Group = component('Group', {
  description: 'A group.',
  properties: {
    gid: GidText(),
    owner: UidText('Who owns it.'),
    fields: Fields,
    joinPolicy: JoinPolicyText,
    members: Type.Integer({ minimum: 0, description: 'How many members it has.', examples: [3] }),
    createdAt: TimeText('When it was created.'),
  },
  examples: [
    {
      gid: 'team',
      owner: 'alice',
      fields: { title: 'The team' },
      joinPolicy: 'open',
      members: 3,
      createdAt: '2025-11-23T12:18:31.455Z',
    },
  ],
});

const RESERVED = '`master`, `joinPolicy` and `createdAt` are reserved as names of fields.';

export const GroupInput = input('GroupInput', {
  description: `A group to create, or to replace the fields of. ${RESERVED}`,
  properties: {
    fields: Fields,
    joinPolicy: Type.Optional(JoinPolicyText),
    owner: Type.Optional(UidText('Who owns it. A server key names the owner of a new group; a user leaves it out.')),
  },
  examples: [{ fields: { title: 'The team' }, joinPolicy: 'approval' }],
});

export const GroupPatch = input('GroupPatch', {
  description: `A change of a group; what is absent stays as it is. ${RESERVED}`,
  properties: {
    fields: Type.Optional(FieldsPatch),
    joinPolicy: Type.Optional(JoinPolicyText),
    owner: Type.Optional(UidText('The member who owns it from now on.')),
  },
  minProperties: 1,
  examples: [{ fields: { title: 'The A-team' }, owner: 'bob' }],
});
