/** A list as it is written: lines that begin with a mark or a number, those that are further in under the one above. */
export interface List {
  isOrdered: boolean;
  items: ListItem[];
}

export interface ListItem {
  text: string;
  /** Of an ordered list, as it is written. */
  number: number;
  under: List[];
}

interface Line {
  indent: number;
  /** Absent where the mark is no number. */
  number: number | undefined;
  text: string;
}

const ITEM = /^( *)(?:[-*+•]|(\d{1,3})[.)]) +(\S.*)$/;
/** One line is a list no more than one swallow a summer: “- 5 degrees” is not meant as one. */
const FEWEST = 2;

/** A text in parts: its lists, and what stands between them, as it is. */
export function withLists(text: string): (string | List)[] {
  if (!/^ *(?:[-*+•]|\d{1,3}[.)]) +\S/m.test(text)) return [text];
  const lines = text.split('\n');
  const parts: (string | List)[] = [];
  let plain: string[] = [];
  const endPlain = () => {
    if (plain.length > 0) parts.push(plain.join('\n'));
    plain = [];
  };
  for (let at = 0; at < lines.length; ) {
    const found = listAt(lines, at);
    if (found && found.list.items.length >= FEWEST) {
      endPlain();
      parts.push(found.list);
      at = found.end;
    } else plain.push(lines[at++]!);
  }
  endPlain();
  return parts;
}

/** The list that begins at a line, and the line behind it. */
function listAt(lines: readonly string[], at: number): { list: List; end: number } | undefined {
  const first = itemIn(lines[at]);
  if (!first) return undefined;
  const list: List = { isOrdered: first.number !== undefined, items: [] };
  let end = at;
  while (end < lines.length) {
    // An empty line parts items, where another one follows.
    const next = lines[end]!.trim() === '' && list.items.length > 0 ? end + 1 : end;
    const item = itemIn(lines[next]);
    const last = list.items.at(-1);
    if (item && item.indent < first.indent + 2) {
      const isOfList = item.indent >= first.indent && (item.number !== undefined) === list.isOrdered;
      if (!isOfList) break;
      list.items.push({ text: item.text, number: item.number ?? 0, under: [] });
      end = next + 1;
    } else if (item && last) {
      const found = listAt(lines, next)!;
      last.under.push(found.list);
      end = found.end;
    } else if (last && last.under.length === 0 && lines[end]!.startsWith(' '.repeat(first.indent + 2))) {
      // The line above goes on.
      last.text += `\n${lines[end]!.trim()}`;
      end++;
    } else break;
  }
  return { list, end };
}

function itemIn(line: string | undefined): Line | undefined {
  const found = ITEM.exec(line ?? '');
  if (!found) return undefined;
  const [, indent = '', number, text = ''] = found;
  return { indent: indent.length, number: number === undefined ? undefined : Number(number), text };
}
