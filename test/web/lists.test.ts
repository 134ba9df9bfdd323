import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type List, withLists } from '../../src/web/parts/message/lists.ts';

/** A text as the page shows it: its lists in brackets. */
function shown(text: string): string[] {
  return withLists(text).map((part) => (typeof part === 'string' ? part : ofList(part)));
}

function ofList({ isOrdered, items }: List): string {
  const texts = items.map(({ number, text, under }) =>
    [isOrdered ? `${number}:` : '', text, ...under.map(ofList)].join(''),
  );
  return `[${texts.join('|')}]`;
}

test('lists stand apart from the text around them', () => {
  assert.deepEqual(shown('buy\n- milk\n- bread\nand go'), ['buy', '[milk|bread]', 'and go']);
  assert.deepEqual(shown('* a\n* b\n\n1. c\n2) d'), ['[a|b]', '', '[1:c|2:d]']);
  assert.deepEqual(shown('• a\n• b'), ['[a|b]']);
});

test('numbers are those that were written', () => {
  assert.deepEqual(shown('7. seven\n9. nine'), ['[7:seven|9:nine]']);
});

test('what is further in is under the line above, or goes on with it', () => {
  assert.deepEqual(shown('- a\n  - b\n    1. c\n- d'), ['[a[b[1:c]]|d]']);
  assert.deepEqual(shown('- a\n  goes on\n- b'), ['[a\ngoes on|b]']);
  assert.deepEqual(shown('- a\n\n- b'), ['[a|b]']);
});

test('one line is no list, nor is what only looks like one', () => {
  for (const text of [
    '- 5 degrees',
    '1. no list',
    '- a\nb\n- c',
    '-a\n-b',
    '**a**\n**b**',
    '2026. was\n2027. will',
    '---\n---',
    '',
  ]) {
    assert.deepEqual(shown(text).join('\n'), text);
  }
});

test('nothing is lost, whatever is written', () => {
  const lines = ['- a', '  - b', '1. c', '   d', '', 'e', ' * f', '      2) g'];
  for (let n = 0; n < lines.length ** 4; n++) {
    const text = [1, 2, 3, 4].map((_, i) => lines[Math.floor(n / lines.length ** i) % lines.length]).join('\n');
    const letters = (of: string) => of.replace(/[^a-g]/g, '');
    assert.equal(letters(shown(text).join('')), letters(text), text);
  }
});
