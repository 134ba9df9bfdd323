import Type, { type Static, type TSchema } from 'typebox';
import { component, named, ref } from '../../http/openapi/component.ts';
import { Block } from '../blocks/schemas.ts';
import { Contact } from '../contacts/schemas.ts';
import { Conversation } from '../conversations/schemas.ts';
import { Group } from '../groups/schemas.ts';
import { Member } from '../members/schemas.ts';
import { Message } from '../messages/schemas.ts';
import { Device } from '../push/schemas.ts';
import { User } from '../users/schemas.ts';
import type { ExportLine as Line } from './exports.ts';

/** A line of an export: what it is of, and what it has to say. */
function line<Data extends TSchema>(
  schema: string,
  type: Line['type'],
  description: string,
  data: Data,
  example: unknown,
  beside: Record<string, TSchema> = {},
  besideExample: object = {},
) {
  return component(schema, {
    description,
    properties: { type: Type.Literal(type), ...beside, data },
    examples: [{ type, ...besideExample, data: example } as never],
  });
}

const exampleOf = (schema: TSchema) => (schema as { examples?: unknown[] }).examples![0];
const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] });

const Membership = component('Membership', {
  description: 'A group that the user is in, and what it is there.',
  properties: { group: ref(Group), member: ref(Member) },
  examples: [{ group: exampleOf(Group) as Static<typeof Group>, member: exampleOf(Member) as Static<typeof Member> }],
});

const ExportCounts = component('ExportCounts', {
  description: 'How many lines of each kind there were.',
  properties: {
    contacts: count('Contacts.', 2),
    blocks: count('Blocks.', 0),
    devices: count('Devices.', 1),
    memberships: count('Groups that the user is in.', 1),
    conversations: count('Conversations.', 2),
    messages: count('Messages and events.', 42),
    own: count('Those of them that the user has sent.', 17),
  },
  examples: [{ contacts: 2, blocks: 0, devices: 1, memberships: 1, conversations: 2, messages: 42, own: 17 }],
});

const lines = {
  user: line('UserLine', 'user', 'The profile. The first line.', ref(User), exampleOf(User)),
  contact: line('ContactLine', 'contact', 'A contact.', ref(Contact), exampleOf(Contact)),
  block: line('BlockLine', 'block', 'Somebody whom the user has blocked.', ref(Block), exampleOf(Block)),
  device: line('DeviceLine', 'device', 'A device that notifications are pushed to.', ref(Device), exampleOf(Device)),
  membership: line('MembershipLine', 'membership', 'A membership.', ref(Membership), exampleOf(Membership)),
  conversation: line(
    'ConversationLine',
    'conversation',
    'A conversation of the list, with the read mark and the user’s own settings.',
    ref(Conversation),
    exampleOf(Conversation),
  ),
  message: line(
    'MessageLine',
    'message',
    'A message, or an event, as a history shows it. Of what the user may not read any more, such as groups that it has left, its own ' +
      'messages alone, and without what others have made of them (`reactions`, `replyCount`).',
    ref(Message),
    exampleOf(Message),
    { own: Type.Boolean({ description: 'Whether the user has sent it.', examples: [true] }) },
    { own: true },
  ),
  end: line(
    'EndLine',
    'end',
    'The last line. An answer without it was cut off.',
    ref(ExportCounts),
    exampleOf(ExportCounts),
  ),
} satisfies Record<Line['type'], unknown>;

/** What an NDJSON line of an export is. */
export const ExportLine = named<{ [Name in keyof typeof lines]: Static<(typeof lines)[Name]> }[keyof typeof lines]>(
  'ExportLine',
  {
    description: 'A line of an export. Ignore a `type` that you do not know: there may be more one day.',
    oneOf: Object.values(lines).map((schema) => ({ $ref: `${schema.$id}#` })),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        Object.entries(lines).map(([name, schema]) => [name, `#/components/schemas/${schema.$id}`]),
      ),
    },
    examples: [exampleOf(lines.end)],
  },
);
