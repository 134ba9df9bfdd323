import { withAttachments } from '../../i18n/attachments.ts';
import { t } from '../../i18n/texts.ts';
import type { StoredMessage } from '../../store/db.ts';

/** What a message says, as its sender wrote it. */
export function textOf({ fields }: Pick<StoredMessage, 'fields'>): string {
  return fields.text ?? Object.values(fields).join('\n');
}

/** The same with names in place of the ids of those whom it mentions. */
export function withNames(text: string, mentions: readonly string[] = [], nameOf: (uid: string) => string): string {
  return mentions.reduce(
    (now, uid) =>
      uid === '*' ? now.replaceAll('@all', `@${t.everyone}`) : now.replaceAll(`@${uid}`, `@${nameOf(uid)}`),
    text,
  );
}

/** A message in one line, without Markdown's marks; where it has files, they are said. */
export function plainText(message: StoredMessage, nameOf: (uid: string) => string): string {
  const text = withNames(textOf(message), message.mentions, nameOf)
    .replace(/```[^\n`]*\n([\s\S]*?)\n?```/g, '$1')
    .replace(/(\*\*|~~|`)(\S(?:[^\n]*?\S)?)\1/g, '$2')
    .replace(/\s+/g, ' ')
    .trim();
  return withAttachments(text, message.attachments);
}
