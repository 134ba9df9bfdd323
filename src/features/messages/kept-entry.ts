import type { Conversation } from '../../domain/conversations.ts';
import { type LogEntry, renderMessage } from '../../domain/entries.ts';

/** An entry of a log that is read more than once: it is rendered once for all who see it alike. */
export class KeptEntry {
  readonly entry: LogEntry;
  /** What its fields and attachments have, in UTF-16 units, about. */
  readonly size: number;
  /** A group has one name for all its readers, a direct chat one for each of the two. */
  readonly #rendered: { conversation: Conversation; json: string }[] = [];

  constructor(entry: LogEntry) {
    this.entry = entry;
    let size = 0;
    for (const name in entry.fields) size += name.length + entry.fields[name]!.length;
    for (const { name } of entry.attachments ?? []) size += 200 + name.length;
    this.size = size;
  }

  /** The message as JSON, as a reader sees it who calls the conversation so. */
  jsonIn(conversation: Conversation): string {
    for (const rendered of this.#rendered) if (rendered.conversation === conversation) return rendered.json;
    const json = renderMessage(conversation, this.entry.id, this.entry);
    this.#rendered.push({ conversation, json });
    return json;
  }
}
