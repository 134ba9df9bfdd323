import { MAX_ATTACHMENTS } from '../../domain/files.ts';
import { UserError } from '../i18n/errors.ts';
import { t } from '../i18n/texts.ts';
import { type Attachment, fileName } from './attachments.ts';
import type { Outgoing, Store, StoredDraft } from './db.ts';
import type { Files } from './files.svelte.ts';
import { write } from './outbox.ts';

/** A message as it is written, without its files. */
export type Written = Pick<Outgoing, 'text' | 'replyTo' | 'mentions'>;

/** How many files are uploaded at once: the page needs its other connections. */
const AT_ONCE = 2;

/** A file for a message: on its way, there, or refused. */
export class ChosenFile {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  /** Absent of one that was uploaded before the page was loaded. */
  readonly file: File | undefined;
  sentBytes = $state(0);
  /** Once it is uploaded; then, once the draft has it, too, so that a reload does not lose what is shown as done. */
  uploaded: Attachment | undefined;
  attachment = $state.raw<Attachment>();
  /** Why it was not. */
  error = $state.raw<unknown>();
  /** While it is on its way. */
  uploading = $state.raw<AbortController>();

  constructor(of: File | Attachment) {
    this.name = of instanceof File ? fileName(of.name) : of.name;
    this.size = of.size;
    this.type = of.type;
    this.file = of instanceof File ? of : undefined;
    if (of instanceof File) return;
    this.uploaded = of;
    this.attachment = of;
  }

  get isPending(): boolean {
    return !this.attachment && !this.error;
  }
}

/**
 * What is being written in a conversation: its draft, the files that were chosen for it, and a message that waits for them. It goes
 * on while the chat is not open.
 */
export class Composition {
  files = $state.raw<readonly ChosenFile[]>([]);
  /** A message that is sent once all files are there. */
  waiting = $state.raw<Written>();
  /** How many messages have waited, and went out. */
  sentLater = $state(0);
  /** Whether more files were chosen than a message can carry. */
  hasTooMany = $state(false);
  readonly #conversation: string;
  readonly #store: Store;
  readonly #files: Files;

  constructor(conversation: string, { store, files }: { store: Store; files: Files }) {
    this.#conversation = conversation;
    this.#store = store;
    this.#files = files;
  }

  /** What was begun before. @returns its text */
  async restore(): Promise<string> {
    const draft = await this.#store.drafts.get(this.#conversation);
    if (this.files.length === 0) this.files = draft?.attachments?.map((one) => new ChosenFile(one)) ?? [];
    return draft?.text ?? '';
  }

  /** Keeps the text for later. */
  keepText(text: string): Promise<void> {
    return this.#keep({ text: text.trim() === '' ? '' : text });
  }

  add(files: Iterable<File>): void {
    const all = [...this.files, ...[...files].map((file) => new ChosenFile(file))];
    this.hasTooMany = all.length > MAX_ATTACHMENTS;
    this.files = all.slice(0, MAX_ATTACHMENTS);
    this.#advance();
  }

  remove(file: ChosenFile): void {
    file.uploading?.abort();
    this.hasTooMany = false;
    this.files = this.files.filter((one) => one !== file);
    void this.#keep({});
    this.#advance();
  }

  retry(file: ChosenFile): void {
    file.error = undefined;
    file.sentBytes = 0;
    this.#advance();
  }

  /** Sends it as soon as its files are there; those that were refused are tried again. @returns whether it is out already */
  async send(written: Written): Promise<boolean> {
    for (const file of this.files) if (file.error) this.retry(file);
    if (this.files.some(({ isPending }) => isPending)) {
      this.waiting = written;
      return false;
    }
    await this.#send(written);
    return true;
  }

  /** Ends what is on its way. */
  close(): void {
    this.waiting = undefined;
    for (const { uploading } of this.files) uploading?.abort();
  }

  #advance(): void {
    const pending = this.files.filter(({ isPending }) => isPending);
    const free = AT_ONCE - pending.filter(({ uploading }) => uploading).length;
    for (const file of pending.filter(({ uploading }) => !uploading).slice(0, free)) void this.#upload(file);
    if (!this.waiting || pending.length > 0) return;
    const written = this.waiting;
    this.waiting = undefined;
    if (this.files.some(({ error }) => error) || (written.text === '' && this.files.length === 0)) return;
    void this.#send(written).then(() => this.sentLater++);
  }

  async #upload(chosen: ChosenFile): Promise<void> {
    const { name, file } = chosen;
    if (!file) return;
    const controller = new AbortController();
    chosen.uploading = controller;
    try {
      await checkReadable(file);
      const told = (bytes: number) => {
        chosen.sentBytes = Math.min(bytes, file.size);
      };
      const { id, ...info } = await this.#files.upload(file, told, controller.signal);
      chosen.uploaded = { file: id, name, ...info };
      await this.#keep({});
      chosen.attachment = chosen.uploaded;
    } catch (error) {
      chosen.error = error;
    } finally {
      chosen.uploading = undefined;
    }
    if (!controller.signal.aborted) this.#advance();
  }

  async #send(written: Written): Promise<void> {
    const { outbox, drafts } = this.#store;
    const attachments = this.#attachments();
    this.files = [];
    await this.#store.transaction('rw', outbox, drafts, async () => {
      await write(this.#store, {
        conversation: this.#conversation,
        ...written,
        ...(attachments.length > 0 ? { attachments } : {}),
      });
      await drafts.delete(this.#conversation);
    });
  }

  #attachments(): Attachment[] {
    return this.files.flatMap(({ uploaded }) => uploaded ?? []);
  }

  async #keep(change: Partial<StoredDraft>): Promise<void> {
    const { drafts } = this.#store;
    const conversation = this.#conversation;
    await this.#store.transaction('rw', drafts, async () => {
      const attachments = this.#attachments();
      const { text } = { text: '', ...(await drafts.get(conversation)), ...change };
      if (text === '' && attachments.length === 0) await drafts.delete(conversation);
      else await drafts.put({ conversation, text, ...(attachments.length > 0 ? { attachments } : {}) });
    });
  }
}

/** A folder can be dropped, too, and a file may be gone since it was chosen. @throws UserError */
async function checkReadable(file: File): Promise<void> {
  const isReadable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
  if (!isReadable) throw new UserError(t.fileUnreadable);
  if (file.size === 0) throw new UserError(t.fileEmpty);
}
