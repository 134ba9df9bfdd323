import { locale } from '../../i18n/texts.ts';

/** As the data has it; what has no group is a part of others. */
interface Raw {
  unicode: string;
  label: string;
  group?: number;
  order?: number;
  tags?: string[];
}

export interface Emoji {
  unicode: string;
  label: string;
  group: number;
  /** What it is found by, in small letters. */
  words: string;
}

/** All emoji, in the order of their groups, as Unicode names them in the page's language: half a megabyte, loaded when needed. */
export async function loadEmojis(): Promise<Emoji[]> {
  const { default: found } = (await (locale === 'zh-CN'
    ? import('emojibase-data/zh/compact.json')
    : import('emojibase-data/en/compact.json'))) as { default: Raw[] };
  return found
    .filter(({ group }) => group !== undefined)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ unicode, label, group = 0, tags = [] }) => ({
      unicode,
      label,
      group,
      words: [label, ...tags].join(' ').toLocaleLowerCase(),
    }));
}
