import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const { service } = useService({
  prepare: async (service) => {
    await service.people('alice', 'bob');
    await service.say('alice', 'user:bob', 'hi');
  },
});

const read = (query: string) => service.server.get(`/v1/users/bob/inbox${query}`);

test('an inbox that is simply read shows what is there, at once', async () => {
  const since = performance.now();
  const { body } = await read('').expect(200);
  assert.deepEqual(
    body.items.map((item: { fields: { text: string } }) => item.fields.text),
    ['hi'],
  );
  const { body: after } = await read(`?start=${body.next}`).expect(200);
  assert.deepEqual([after.items, after.next], [[], body.next]);
  assert.ok(performance.now() - since < 5_000, 'nothing waited');
});

test('whoever wants to wait says from where on, and is shown how', async () => {
  const { body } = await read('?block=10000').expect(400);
  assert.equal(body.code, 'invalid_request');
  assert.match(body.detail, /"block" needs a "start".*\?start=\$&block=10000/);
  await read('?block=0').expect(200);
  await read('?start=$&block=1').expect(200);
});
