import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { BEFORE_SEND_SECRET, json, startReviewer } from '../../helpers/reviewer.ts';
import { skip } from './browser.ts';
import { openPage } from './people.ts';

/** What the page shows of messages that somebody is asked about, in a real browser, against the service as `npm start` runs it. */
describe('the chat page: messages that are asked about', { skip }, async () => {
  const reviewer = await startReviewer(({ data }, response) => {
    const { text } = data.fields;
    if (text === 'a link') json(response, { action: 'deny', reason: 'No links in here, please.' });
    if (text === 'a rude word') json(response, { action: 'replace', fields: { text: 'a r*** word' } });
  });
  after(() => reviewer.close());
  const page = openPage(() => ({ BEFORE_SEND_URL: reviewer.url, BEFORE_SEND_SECRET }));

  test('who has written what is not allowed reads why, and sees what was made of another message', async () => {
    const [ann, bea] = [await page.person('Ann'), await page.person('Bea')];
    await ann.add('Bea');
    await ann.say('a link');
    await ann.page.getByRole('alert').filter({ hasText: 'No links in here, please.' }).waitFor();
    await ann.say('a rude word');
    await ann.bubble('a r*** word').waitFor();
    await bea.openChat('user:ann');
    await bea.bubble('a r*** word').waitFor();
    assert.equal(await bea.bubble('a link').count(), 0);
  });
});
