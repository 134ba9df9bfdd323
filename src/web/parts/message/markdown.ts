import { Lexer, type Token, Tokenizer } from 'marked';
import { type List, withLists } from './lists.ts';

/** A piece of a text, to be shown as an element of its own; nothing of it is HTML. */
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'strong'; pieces: Piece[] }
  | { kind: 'em'; pieces: Piece[] }
  | { kind: 'del'; pieces: Piece[] }
  | { kind: 'link'; href: string; pieces: Piece[] }
  | { kind: 'code' | 'block'; text: string }
  | { kind: 'list'; isOrdered: boolean; items: { number: number; pieces: Piece[] }[] }
  | { kind: 'mention'; text: string; uid: string };

const ADDRESS = /^https?:\/\/[^\s<>"'“”‘’，。！？、；：（）]+/i;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}*_~]+$/;
const FENCED = /(^|\n)```[^\n`]*\n([\s\S]*?)\n?```(?:\n|$)/g;

/** Markdown's marks within a line. What it has for whole documents, such as HTML, headings and pictures, stays the text it is. */
class ChatTokenizer extends Tokenizer {
  override tag = () => undefined;
  override autolink = () => undefined;
  override reflink = () => undefined;

  override url(src: string) {
    const found = ADDRESS.exec(src)?.[0].replace(TRAILING, '');
    if (!found || !URL.canParse(found)) return undefined;
    return { type: 'link' as const, raw: found, text: found, href: found, title: null, tokens: [] };
  }

  override emStrong(src: string, masked: string, before = '') {
    // 2*3*4 is no emphasis.
    if (src.startsWith('*') && src[1] !== '*' && /[\p{Script=Latin}\d]/u.test(before)) return undefined;
    return super.emStrong(src, masked, before);
  }
}

/** Takes a text apart. `mentions` are those whom the message mentions, who stand in it as `@<uid>`. */
export function pieces(text: string, mentions: readonly string[] = []): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(FENCED)) {
    found.push(...blocks(text.slice(end, match.index), mentions));
    found.push({ kind: 'block', text: match[2]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push(...blocks(text.slice(end), mentions));
  return found;
}

function blocks(text: string, mentions: readonly string[]): Piece[] {
  return withLists(text).flatMap((part) =>
    typeof part === 'string' ? inline(part, mentions) : [ofList(part, mentions)],
  );
}

function ofList({ isOrdered, items }: List, mentions: readonly string[]): Piece {
  return {
    kind: 'list',
    isOrdered,
    items: items.map(({ text, number, under }) => ({
      number,
      pieces: [...inline(text, mentions), ...under.map((list) => ofList(list, mentions))],
    })),
  };
}

function inline(text: string, mentions: readonly string[]): Piece[] {
  // Most messages have no marks at all.
  if (!/[*_~`[\\@]|https?:/i.test(text)) return text === '' ? [] : [{ kind: 'text', text }];
  const tokens = Lexer.lexInline(text, { gfm: true, breaks: true, tokenizer: new ChatTokenizer() });
  return tokens.flatMap((token) => toPieces(token, mentions));
}

function toPieces(token: Token, mentions: readonly string[]): Piece[] {
  const children = () => (token as { tokens?: Token[] }).tokens?.flatMap((one) => toPieces(one, mentions)) ?? [];
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [{ kind: token.type, pieces: children() }];
    case 'codespan':
      return [{ kind: 'code', text: token.text as string }];
    case 'link':
      // Nothing that a browser would execute.
      if (!/^(https?|mailto):/i.test(token.href as string)) return [{ kind: 'text', text: token.raw }];
      return [
        {
          kind: 'link',
          href: token.href as string,
          pieces: token.raw === token.href ? [{ kind: 'text', text: token.raw }] : children(),
        },
      ];
    case 'escape':
      // Of ¯\_(ツ)_/¯ nothing is missing.
      return [{ kind: 'text', text: /[*`~[]/.test(token.text as string) ? (token.text as string) : token.raw }];
    default:
      return withMentions(token.raw, mentions);
  }
}

function withMentions(text: string, mentions: readonly string[]): Piece[] {
  if (mentions.length === 0 || !text.includes('@')) return [{ kind: 'text', text }];
  // The longest first: @ann-marie is not @ann.
  const uids = mentions.map((uid) => (uid === '*' ? 'all' : uid)).sort((a, b) => b.length - a.length);
  const escaped = uids.map((uid) => uid.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&'));
  const marks = new RegExp(`@(${escaped.join('|')})`, 'g');
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    if (match.index > end) found.push({ kind: 'text', text: text.slice(end, match.index) });
    found.push({ kind: 'mention', text: match[0], uid: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: 'text', text: text.slice(end) });
  return found;
}
