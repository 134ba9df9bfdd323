import { FilesApi, type UploadedFile } from '../api/files.ts';
import type { Attachment } from './attachments.ts';
import { Pictures } from './pictures.ts';

/** Whether the service took files when it was last asked. */
const KEY = 'redisim.files';
/** What is larger is not held in memory to be saved, bytes. */
const MOST_HELD = 20_000_000;

/** The files of this user's chats: sent, shown and saved. */
export class Files {
  readonly pictures: Pictures;
  /** Whether files can be sent here: as it was the last time, before it is known. */
  isOn = $state(localStorage.getItem(KEY) === 'on');
  readonly #api: FilesApi;
  #asked: Promise<void> | undefined;

  constructor(token: string) {
    this.#api = new FilesApi(token);
    this.pictures = new Pictures((id) => this.#api.read(id));
  }

  /** Asks whether files can be sent here, once. */
  look(): void {
    this.#asked ??= this.#api.areOn().then(
      (isOn) => this.#found(isOn),
      () => {
        this.#asked = undefined;
      },
    );
  }

  /** @throws ApiError */
  async upload(file: File, told: (bytes: number) => void, signal: AbortSignal): Promise<UploadedFile> {
    try {
      const uploaded = await this.#api.upload(file, told, signal);
      // One's own picture is here already.
      this.pictures.keep(uploaded.id, file);
      return uploaded;
    } catch (error) {
      if ((error as { code?: string }).code === 'files_off') this.#found(false);
      throw error;
    }
  }

  /** Saves a file under its name where the browser saves files. @throws ApiError */
  async save({ file, name, size }: Attachment): Promise<void> {
    const link = document.createElement('a');
    link.download = name;
    if (size > MOST_HELD) {
      link.href = await this.#api.address(file);
      link.click();
      return;
    }
    link.href = URL.createObjectURL(await this.#api.read(file));
    link.click();
    // Not before the browser has begun to read it.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  close(): void {
    this.pictures.close();
  }

  /** Removes what this browser keeps of it. */
  forget(): void {
    localStorage.removeItem(KEY);
  }

  #found(isOn: boolean): void {
    this.isOn = isOn;
    localStorage.setItem(KEY, isOn ? 'on' : 'off');
  }
}
