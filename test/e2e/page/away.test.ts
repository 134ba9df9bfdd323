import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: coming and going', { skip }, () => {
  const page = openPage();

  test('a part of the page that can’t be loaded says so, and is loaded again', async () => {
    const quin = await page.person('Quin');
    const part = '**/assets/Me-*.js';
    await quin.page.route(part, (route) => route.abort());
    await quin.page.reload();
    await quin.go('me');
    await quin.page.getByText('This part of the page could not be loaded').waitFor();
    await quin.page.unroute(part);
    await quin.page.getByRole('button', { name: 'Load again' }).click();
    await quin.page.getByRole('button', { name: 'Log out', exact: true }).waitFor();
  });

  test('after a reload the history is there at once, and what came meanwhile comes once', async () => {
    const alice = await page.person('Rhea');
    await page.person('Saul');
    await alice.add('saul');
    for (const n of [1, 2, 3]) await alice.say(`before ${n}`);
    await alice.hasSent('before 3');
    await alice.page.goto('about:blank');
    for (const n of [1, 2, 3])
      await page.service.call('POST', '/users/saul/conversations/user:rhea/messages', {
        fields: { text: `away ${n}` },
      });
    await alice.page.goto(`${page.url}/#/chat/user%3Asaul`);
    await alice.sees('away 3');
    await alice.connected();
    assert.deepEqual(await alice.texts(), ['before 1', 'before 2', 'before 3', 'away 1', 'away 2', 'away 3']);
    // Without a service what is kept is shown.
    await alice.page.context().route('**/v1/**', (route) => route.abort());
    await alice.page.reload();
    await alice.sees('before 1');
    assert.equal((await alice.texts()).length, 6);
  });

  test('what is written while the service is down is sent once when it is back', async () => {
    const [alice, bob] = [await page.person('Tara'), await page.person('Udo')];
    await alice.add('udo');
    await alice.say('one');
    await bob.openChat('user:tara');
    await bob.sees('one');
    await alice.composer.fill('typed while it ');
    await page.service.kill();
    await alice.page.locator('.connection.connecting').waitFor();
    await alice.composer.pressSequentially('fell');
    await alice.composer.press('Enter');
    await alice.bubble('typed while it fell').locator('[aria-label="Waiting to be sent"]').waitFor();
    await alice.say('and another');
    await page.service.restart();
    // After many tries in vain the next one may be far off; a browser that comes online does not wait for it.
    for (const { page: tab } of [alice, bob]) await tab.evaluate(() => dispatchEvent(new Event('online')));
    await alice.hasSent('and another');
    await bob.sees('and another');
    for (const one of [alice, bob]) assert.deepEqual(await one.texts(), ['one', 'typed while it fell', 'and another']);
    const { items } = (await page.service.call('GET', '/users/udo/conversations/user:tara/messages')) as {
      items: { action?: string }[];
    };
    assert.equal(items.filter(({ action }) => !action).length, 3);
  });

  test('where the answer to a message is lost it is sent again, and not doubled', async () => {
    const [alice, bob] = [await page.person('Nils'), await page.person('Orla')];
    await alice.add('orla');
    let lost = 0;
    await alice.page.context().route('**/messages', async (route) => {
      await route.fetch();
      lost++;
      await route.abort();
      if (lost === 2) await alice.page.context().unroute('**/messages');
    });
    await alice.say('once');
    await alice.hasSent('once');
    await bob.openChat('user:nils');
    await alice.say('then');
    await bob.sees('then');
    for (const one of [alice, bob]) assert.deepEqual(await one.texts(), ['once', 'then']);
  });

  test('what is written offline goes out in order on return', async () => {
    const alice = await page.person('Vera');
    await page.person('Wim');
    await alice.add('wim');
    await alice.page.context().setOffline(true);
    await alice.page.locator('.connection.offline').waitFor();
    for (const n of [1, 2, 3]) await alice.say(`offline ${n}`);
    await alice.bubble('offline 3').locator('[aria-label="Waiting to be sent"]').waitFor();
    await alice.page.context().setOffline(false);
    await alice.hasSent('offline 3');
    const { items } = (await page.service.call('GET', '/users/wim/conversations/user:vera/messages')) as {
      items: { fields: { text?: string } }[];
    };
    assert.deepEqual(
      items.flatMap(({ fields }) => fields.text ?? []),
      ['offline 1', 'offline 2', 'offline 3'],
    );
  });

  test('a line that is silent is given up, and taken up again', async () => {
    const [alice, bob] = [await page.person('Xena'), await page.person('Yuri')];
    await alice.add('yuri');
    await alice.say('before');
    await bob.openChat('user:xena');
    await bob.sees('before');
    page.service.pause();
    try {
      // Nothing is closed, and no error comes: only the heartbeat is missing.
      await bob.page.locator('.connection.connecting').waitFor();
    } finally {
      page.service.resume();
    }
    await bob.connected();
    await alice.say('after');
    await bob.sees('after');
    assert.deepEqual(await bob.texts(), ['before', 'after']);
  });

  test('what its inbox keeps no more is read from the history, also before what was sent from here', async () => {
    const alice = await page.person('Zara');
    for (const name of ['Adam', 'Eva']) await page.person(name);
    await alice.add('adam');
    await alice.say('one');
    await alice.hasSent('one');
    // The stream does not come through; the rest does.
    const streams = '**/inbox/stream**';
    await alice.page.context().route(streams, (route) => route.abort());
    await alice.page.reload();
    await alice.page.locator('.connection.connecting').waitFor();
    for (const text of ['two', 'three']) {
      await page.service.call('POST', '/users/adam/conversations/user:zara/messages', { fields: { text } });
    }
    await alice.say('four');
    await alice.hasSent('four');
    assert.deepEqual(await alice.texts(), ['one', 'four']);
    const fromEva = (text: string) =>
      page.service.call('POST', '/users/eva/conversations/user:zara/messages', { fields: { text } });
    for (const text of ['a', 'b']) await fromEva(text);
    await page.service.inRedis((redis) => redis.xtrim('s:zara', 'MAXLEN', 1));
    await alice.page.context().unroute(streams);
    await alice.sees('three');
    assert.deepEqual(await alice.texts(), ['one', 'two', 'three', 'four']);
    // The second was counted when the conversations were listed, and told by the stream, too.
    await fromEva('c');
    const row = alice.page.locator('a.row', { hasText: 'Eva' }).filter({ hasText: 'c' });
    await row.waitFor();
    assert.equal(await row.locator('.badge').textContent(), '3');
  });

  test('what was erased meanwhile is erased here, also where its inbox keeps no word of it', async () => {
    const alice = await page.person('Inga');
    await page.person('Jost');
    await alice.add('jost');
    const path = '/users/jost/conversations/user:inga/messages';
    const { id } = (await page.service.call('POST', path, { fields: { text: 'said too much' } })) as { id: string };
    await alice.sees('said too much');
    await alice.page.goto('about:blank');
    await page.service.call('DELETE', `${path}/${id}`);
    await page.service.call('POST', path, { fields: { text: 'said well' } });
    await page.service.inRedis((redis) => redis.xtrim('s:inga', 'MAXLEN', 0));
    await alice.page.goto(`${page.url}/#/chat/user%3Ajost`);
    await alice.sees('said well');
    await alice.sees('Message deleted');
    assert.deepEqual(await alice.texts(), ['Message deleted', 'said well']);
  });

  test('where the service has lost its data, the page shows what there is now', async () => {
    const alice = await page.person('Bela');
    await page.person('Cleo');
    await alice.add('cleo');
    for (const n of [1, 2, 3]) await alice.say(`lost ${n}`);
    await alice.hasSent('lost 3');
    await alice.page.goto('about:blank');
    await page.service.inRedis((redis) => redis.flushall());
    await page.service.kill();
    await page.service.restart();
    for (const uid of ['bela', 'cleo']) await page.service.call('PUT', `/users/${uid}`, { fields: { name: uid } });
    await page.service.call('POST', '/users/cleo/conversations/user:bela/messages', { fields: { text: 'anew' } });
    await alice.page.goto(`${page.url}/#/chat/user%3Acleo`);
    await alice.sees('anew');
    await alice.bubble('lost 3').waitFor({ state: 'detached' });
    await eventually(async () => (await alice.texts()).join() === 'anew', 'what there is now, alone');
  });

  test('tabs of one user stay in step, over one stream', async () => {
    const first = await page.person('Edda');
    const bob = await page.person('Falk');
    await first.add('falk');
    const second = await Person.inTab(await first.page.context().newPage(), `${page.url}/#/chat/user%3Afalk`);
    await second.connected();
    await second.say('from the second tab');
    await first.sees('from the second tab');
    await second.hasSent('from the second tab');
    await bob.openChat('user:edda');
    await bob.say('to both');
    for (const tab of [first, second]) await tab.sees('to both');
    const metrics = await (await fetch(`${page.url}/metrics`)).text();
    assert.match(metrics, /^redisim_subscribers\{state="live"\} 2$/m, 'one for each user');
    // The tab that followed the inbox goes; the other one takes over.
    await first.page.close();
    await bob.say('and now?');
    await second.sees('and now?');
    assert.deepEqual(second.complaints, []);
  });
});
