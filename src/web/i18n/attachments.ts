import { type Attachment, isPicture } from '../store/attachments.ts';
import { locale, t } from './texts.ts';

const language = locale === 'zh-CN' ? 'zh-CN' : navigator.language;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** How large a file is, for a person. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[power]!,
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power > 0 && value < 10 ? 1 : 0,
  }).format(value);
}

/** What stands in one line for a message's files; nothing where it has none. */
export function attachmentsText(attachments: readonly Attachment[] = []): string {
  const [first, ...others] = attachments;
  if (!first) return '';
  if (attachments.every(isPicture)) return others.length === 0 ? t.photo : t.photos(attachments.length);
  return others.length === 0 ? `📎 ${first.name}` : t.someFiles(attachments.length);
}

/** A message in one line, whose text it is; before it a mark, where there are files. */
export function withAttachments(text: string, attachments: readonly Attachment[] = []): string {
  if (text === '' || attachments.length === 0) return text || attachmentsText(attachments);
  return `${attachments.every(isPicture) ? '📷' : '📎'} ${text}`;
}
