/**
 * What a team would write against the API with types made from the document: two people talk, a group forms, somebody
 * follows it live. It checks what it gets and says `done`. Run by test/e2e/client.test.ts with URL and API_KEY.
 */
import assert from 'node:assert/strict';
import { createEventSource } from 'eventsource-client';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/api.d.ts';

type Message = components['schemas']['Message'];

const { URL: baseUrl = '', API_KEY: apiKey = '' } = process.env;

/** The API with somebody's credential. */
function clientOf(credential: string) {
  return createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${credential}` } });
}

/** The data of an answer that has to be good. */
function good<Data>(answer: { data?: Data; error?: unknown; response: Response }): NonNullable<Data> {
  assert.ok(answer.data, `${answer.response.status}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const server = clientOf(apiKey);

/** Signs a new person in: a profile, a token, a client. */
async function signIn(uid: string) {
  good(await server.PUT('/v1/users/{uid}', { params: { path: { uid } }, body: { fields: { name: uid } } }));
  const { token, expiresAt } = good(await server.POST('/v1/tokens', { body: { uid } }));
  assert.ok(Date.parse(expiresAt) > Date.now());
  return { client: clientOf(token), token };
}

const [alice, bob, carol] = await Promise.all(['alice', 'bob', 'carol'].map(signIn));
assert.ok(alice && bob && carol);

// Two people talk. A repeated send answers with the first message.
const toBob = { params: { path: { uid: 'me', conversation: 'user:bob' } } };
const body = { fields: { text: 'hi' }, clientMessageId: 'm-1' };
const sent = await alice.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', { ...toBob, body });
const again = await alice.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', { ...toBob, body });
assert.deepEqual([sent.response.status, again.response.status], [201, 200]);
const first: Message = good(sent);
assert.equal(first.id, good(again).id);

const inbox = good(
  await bob.client.GET('/v1/users/{uid}/inbox', { params: { path: { uid: 'me' }, query: { start: '0', block: 0 } } }),
);
assert.deepEqual(
  inbox.items.map(({ conversation, from, fields }) => ({ conversation, from, text: fields.text })),
  [{ conversation: 'user:alice', from: 'alice', text: 'hi' }],
);
assert.equal(inbox.gap, undefined);

// A file: its body is bytes, which the types call a string, and its id is sent.
const bytes = new TextEncoder().encode('a file of some bytes');
const uploaded = good(
  await alice.client.POST('/v1/users/{uid}/files', {
    params: { path: { uid: 'me' } },
    headers: { 'content-type': 'text/plain' },
    body: bytes as never,
    bodySerializer: (given: unknown) => given as Uint8Array<ArrayBuffer>,
  }),
);
assert.deepEqual([uploaded.type, uploaded.size], ['text/plain', bytes.length]);
const carrier = good(
  await alice.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
    params: { path: { uid: 'me', conversation: 'user:carol' } },
    body: { attachments: [{ file: uploaded.id, name: 'some.txt' }] },
  }),
);
assert.equal(carrier.attachments?.[0]?.name, 'some.txt');
const file = await carol.client.GET('/v1/users/{uid}/files/{id}', {
  params: { path: { uid: 'me', id: uploaded.id } },
  parseAs: 'text',
});
assert.equal(good(file), 'a file of some bytes');

// A long-poll from there on wakes with the next message.
const waiting = bob.client.GET('/v1/users/{uid}/inbox', {
  params: { path: { uid: 'me' }, query: { start: inbox.next, block: 10_000 } },
});
good(
  await alice.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
    ...toBob,
    body: { fields: { text: 'are you there?' } },
  }),
);
assert.deepEqual(
  good(await waiting).items.map((item) => item.fields.text),
  ['are you there?'],
);

// The conversation is unread until it is marked read.
const listed = good(await bob.client.GET('/v1/users/{uid}/conversations', { params: { path: { uid: 'me' } } }));
const unread = listed.items[0];
assert.ok(unread?.last);
assert.deepEqual([unread.conversation, unread.unread], ['user:alice', 2]);
const read = good(
  await bob.client.PUT('/v1/users/{uid}/conversations/{conversation}/read', {
    params: { path: { uid: 'me', conversation: unread.conversation } },
    body: { upTo: unread.last.id },
  }),
);
assert.equal(read.unread, 0);

// A group that carol follows live.
const group = good(
  await alice.client.PUT('/v1/groups/{gid}', {
    params: { path: { gid: 'team' } },
    body: { fields: { title: 'Team' } },
  }),
);
assert.deepEqual([group.owner, group.joinPolicy, group.members], ['alice', 'open', 1]);
for (const member of [bob, carol]) {
  const joined = await member.client.PUT('/v1/groups/{gid}/members/{uid}', {
    params: { path: { gid: 'team', uid: 'me' } },
  });
  assert.equal(joined.response.status, 201);
}

const events = createEventSource({
  url: `${baseUrl}/v1/users/me/inbox/stream`,
  headers: { authorization: `Bearer ${carol.token}` },
});
try {
  const texts: (string | undefined)[] = [];
  for await (const event of events) {
    if (event.event === 'ready') {
      for (const text of ['one', 'two']) {
        good(
          await bob.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
            params: { path: { uid: 'me', conversation: 'group:team' } },
            body: { fields: { text } },
          }),
        );
      }
    }
    if (event.event === 'message') texts.push((JSON.parse(event.data) as Message).fields.text);
    if (texts.length === 2) break;
  }
  assert.deepEqual(texts, ['one', 'two']);
} finally {
  events.close();
}

// The history goes back page by page.
const history: Message[] = [];
let before: string | undefined;
do {
  const page = good(
    await carol.client.GET('/v1/users/{uid}/conversations/{conversation}/messages', {
      params: {
        path: { uid: 'me', conversation: 'group:team' },
        query: { limit: 2, ...(before === undefined ? {} : { before }) },
      },
    }),
  );
  history.unshift(...page.items);
  before = page.next;
} while (before !== undefined);
assert.deepEqual(
  history.map((message) => message.action ?? message.fields.text),
  ['create', 'join', 'join', 'one', 'two'],
);

// A group with roles: alice makes bob an admin, who silences carol and lets her speak again.
const inTeam = { params: { path: { uid: 'me', conversation: 'group:team' } } } as const;
const memberOf = (uid: string) => ({ params: { path: { gid: 'team', uid } } });
const promoted = good(
  await alice.client.PATCH('/v1/groups/{gid}/members/{uid}', { ...memberOf('bob'), body: { role: 'admin' } }),
);
assert.equal(promoted.role, 'admin');
const silence = (silencedUntil: string | null) =>
  bob.client.PATCH('/v1/groups/{gid}/members/{uid}', { ...memberOf('carol'), body: { silencedUntil } });
good(await silence(new Date(Date.now() + 60_000).toISOString()));
const silenced = await carol.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
  ...inTeam,
  body: { fields: { text: 'may I?' } },
});
assert.equal(silenced.error?.code, 'silenced');
good(await silence(null));

// A reply that mentions, an edit, reactions, a receipt; and what the history makes of it.
const question = good(
  await alice.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
    ...inTeam,
    body: { fields: { text: 'lunch?' }, mentions: ['carol'] },
  }),
);
const about = { params: { path: { ...inTeam.params.path, mid: question.id } } };
good(
  await carol.client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
    ...inTeam,
    body: { fields: { text: 'yes' }, replyTo: question.id },
  }),
);
const edited = good(
  await alice.client.PATCH('/v1/users/{uid}/conversations/{conversation}/messages/{mid}', {
    ...about,
    body: { fields: { text: 'lunch at noon?' } },
  }),
);
assert.ok(edited.editedAt);
for (const person of [bob, carol]) {
  good(
    await person.client.PUT('/v1/users/{uid}/conversations/{conversation}/messages/{mid}/reactions/{reaction}', {
      params: { path: { ...about.params.path, reaction: '👍' } },
    }),
  );
}
const shown = good(await carol.client.GET('/v1/users/{uid}/conversations/{conversation}/messages/{mid}', about));
assert.deepEqual(
  [shown.fields.text, shown.replyCount, shown.reactions, shown.mentions],
  ['lunch at noon?', 1, [{ reaction: '👍', count: 2, mine: true }], ['carol']],
);
const summary = good(await carol.client.GET('/v1/users/{uid}/conversations/{conversation}', inTeam));
assert.equal(summary.last?.fields.text, 'yes');
good(
  await bob.client.PUT('/v1/users/{uid}/conversations/{conversation}/read', { ...inTeam, body: { upTo: question.id } }),
);
const receipts = good(await alice.client.GET('/v1/users/{uid}/conversations/{conversation}/receipts', inTeam));
assert.equal(receipts.items.find(({ uid }) => uid === 'bob')?.readUpTo, question.id);

// An error is a value with a stable code.
const refused = await carol.client.DELETE('/v1/groups/{gid}', { params: { path: { gid: 'team' } } });
assert.equal(refused.error?.code, 'not_owner');
assert.ok(refused.error?.requestId);

console.log('done');
