/** A picture that somebody looks at, until `release`. */
export interface Shown {
  /** Its address, good until it is released. @throws ApiError */
  url: Promise<string>;
  release: () => void;
}

interface Kept {
  url: Promise<string>;
  bytes: number;
  /** How many show it now. */
  users: number;
}

/** How many bytes of pictures are kept of which none is shown. */
const MOST_BYTES = 64_000_000;

/** Pictures that were read, as `blob:` addresses: those that are shown, and the latest others. */
export class Pictures {
  readonly #read: (id: string) => Promise<Blob>;
  readonly #mostBytes: number;
  /** The one that was seen last is the last. */
  readonly #kept = new Map<string, Kept>();

  constructor(read: (id: string) => Promise<Blob>, mostBytes = MOST_BYTES) {
    this.#read = read;
    this.#mostBytes = mostBytes;
  }

  /** Reads a picture, or finds it. */
  show(id: string): Shown {
    const kept = this.#kept.get(id) ?? this.#keep(id, this.#read(id));
    this.#touch(id, kept);
    kept.users++;
    let isOver = false;
    const release = () => {
      if (isOver) return;
      isOver = true;
      kept.users--;
      if (this.#kept.get(id) === kept) this.#touch(id, kept);
      this.#trim();
    };
    return { url: kept.url, release };
  }

  /** Keeps a picture that is here already. */
  keep(id: string, blob: Blob): void {
    if (!this.#kept.has(id)) this.#keep(id, Promise.resolve(blob));
  }

  close(): void {
    for (const [id, kept] of this.#kept) this.#forget(id, kept);
  }

  #keep(id: string, blob: Promise<Blob>): Kept {
    const kept: Kept = { url: Promise.resolve(''), bytes: 0, users: 0 };
    kept.url = blob.then((read) => {
      kept.bytes = read.size;
      return URL.createObjectURL(read);
    });
    // What has failed is read again when it is shown the next time.
    kept.url.then(
      () => this.#trim(),
      () => this.#kept.delete(id),
    );
    this.#kept.set(id, kept);
    return kept;
  }

  #touch(id: string, kept: Kept): void {
    this.#kept.delete(id);
    this.#kept.set(id, kept);
  }

  #trim(): void {
    const unused = [...this.#kept].filter(([, { users }]) => users === 0);
    let bytes = unused.reduce((sum, [, kept]) => sum + kept.bytes, 0);
    for (const [id, kept] of unused) {
      if (bytes <= this.#mostBytes) return;
      bytes -= kept.bytes;
      this.#forget(id, kept);
    }
  }

  #forget(id: string, { url }: Kept): void {
    this.#kept.delete(id);
    void url.then(URL.revokeObjectURL, () => {});
  }
}
