import fc from 'fast-check';
import { conversation as asConversation, uid as asUid } from '../../helpers/im.ts';
import { asTold } from '../compare.ts';
import { entryOf, type Life, step } from '../life.ts';
import * as messages from '../model/messages.ts';
import { shown, written } from '../model/views.ts';
import { type Entry, isChange } from '../model/world.ts';
import { anyConversation, anyFields, anyUid, back, UIDS } from '../names.ts';

/** What people say, edit, erase and react to. Only who is there acts: other tokens are refused before. */

/** Mostly; what is done to an event is refused. */
const isMessage = ({ action, seq }: Entry) => !action || seq % 5 === 0;

interface Send {
  uid: string;
  to: string;
  fields: Record<string, string>;
  clientMessageId: string | undefined;
  replyTo: number | undefined;
  mentions: string[] | undefined;
}

const some = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined, freq: 3 });

async function sendIn({ world, node, agree }: Life, { uid, to, replyTo, ...body }: Send) {
  const target = replyTo === undefined ? undefined : entryOf(world, uid, to, replyTo, isMessage);
  await agree(
    () => {
      const { outcome, entry } = messages.send(world, uid, to, { ...body, replyTo: target });
      const isGone = outcome === 'repeated' && entry.erased;
      return () => ({
        created: outcome === 'sent',
        message: isGone ? { id: entry.id, conversation: to, action: 'gone', fields: {} } : written(to, entry),
      });
    },
    () => node.messages.send(asUid(uid), asConversation(to), { ...body, replyTo: target?.id as never }),
    asTold,
  );
}

const send = step<Send>(
  'send',
  {
    uid: anyUid,
    to: anyConversation,
    fields: anyFields,
    clientMessageId: some(fc.constantFrom('m-1', 'm-2')),
    replyTo: some(back),
    mentions: some(fc.shuffledSubarray([...UIDS, '*'], { minLength: 1, maxLength: 1 })),
  },
  (life, { uid, to, fields, clientMessageId, replyTo, mentions }) =>
    sendIn(life, { uid, to, fields, clientMessageId, replyTo, mentions }),
);

/** The same each time: the first is sent, and the next ones are repeats of it, whatever came between. */
const repeat = step<{ uid: string; to: string }>('repeat', { uid: anyUid, to: anyConversation }, (life, { uid, to }) =>
  sendIn(life, {
    uid,
    to,
    fields: { text: 'again' },
    clientMessageId: 'm-0',
    replyTo: undefined,
    mentions: undefined,
  }),
);

/** The server's own; one that is repeated, too, and under an id that is mostly a message's. */
const event = step<{ uid: string; to: string; fields: Record<string, string>; clientMessageId: string | undefined }>(
  'event',
  { uid: anyUid, to: anyConversation, fields: anyFields, clientMessageId: some(fc.constantFrom('m-1', 'e-1')) },
  async ({ world, node, agree }, { uid, to, ...body }) => {
    await agree(
      () => {
        const { outcome, entry } = messages.send(world, uid, to, { ...body, action: 'custom' });
        return () => ({ created: outcome === 'sent', message: written(to, entry) });
      },
      () => node.messages.createEvent(asUid(uid), asConversation(to), body),
      asTold,
    );
  },
);

interface About {
  uid: string;
  to: string;
  back: number;
}
const about = { uid: anyUid, to: anyConversation, back };

function editing(name: string, chooses: (entry: Entry, uid: string) => boolean) {
  return step<About & { fields: Record<string, string> }>(
    name,
    { ...about, fields: anyFields },
    async ({ world, node, agree }, { uid, to, back, fields }) => {
      const entry = entryOf(world, uid, to, back, (one) => chooses(one, uid));
      if (!entry) return;
      await agree(
        () => {
          messages.edit(world, uid, to, entry, fields);
          return () => shown(uid, entry);
        },
        () => node.editing.edit(asUid(uid), asConversation(to), entry.id as never, fields),
        asTold,
      );
    },
  );
}

const edit = editing('edit', (entry) => !isChange(entry) || entry.seq % 5 === 0);
/** The newest of one's own: what is edited at random is mostly another's. */
const editOwn = editing('editOwn', (entry, uid) => entry.from === uid && !entry.action);

const erase = step<About>('erase', about, async ({ world, node, agree }, { uid, to, back }) => {
  const entry = entryOf(world, uid, to, back, isMessage);
  if (!entry) return;
  await agree(
    () => messages.erase(world, uid, to, entry),
    () => node.editing.erase(asUid(uid), asConversation(to), entry.id as never),
  );
});

const eraseOwn = step<About>('eraseOwn', about, async ({ world, node, agree }, { uid, to, back }) => {
  const entry = entryOf(world, uid, to, back, (one) => one.from === uid && !one.action);
  if (!entry) return;
  await agree(
    () => messages.erase(world, uid, to, entry),
    () => node.editing.erase(asUid(uid), asConversation(to), entry.id as never),
  );
});

const react = step<About & { reaction: string; change: 'add' | 'remove' }>(
  'react',
  { ...about, reaction: fc.constantFrom('+1', '🎉'), change: fc.constantFrom('add', 'add', 'remove') },
  async ({ world, node, agree }, { uid, to, back, reaction, change }) => {
    const entry = entryOf(world, uid, to, back, isMessage);
    if (!entry) return;
    await agree<unknown>(
      () => messages.react(world, uid, to, entry, reaction, change),
      () =>
        change === 'add'
          ? node.reactions.add(asUid(uid), asConversation(to), entry.id as never, reaction)
          : node.reactions.remove(asUid(uid), asConversation(to), entry.id as never, reaction),
    );
  },
);

export const MESSAGES = [
  send,
  send,
  send,
  send,
  send,
  repeat,
  repeat,
  event,
  edit,
  editOwn,
  editOwn,
  erase,
  eraseOwn,
  react,
  react,
];
