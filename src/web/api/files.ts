import type { components } from '@redisim/client';
import { ApiError, createApi } from './client.ts';

/** What an upload answers. */
export type UploadedFile = components['schemas']['UploadedFile'];

const PATH = '/v1/users/me/files';
/** Looks like a file's id, and is none. */
const NOBODYS = '0'.repeat(32);

/** The bytes of files, as this user sends and reads them. */
export class FilesApi {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Whether the service takes files at all: where it does it knows that there is no such one. @throws ApiError */
  async areOn(): Promise<boolean> {
    return (await this.#fetch(NOBODYS, { method: 'HEAD' })).status !== 409;
  }

  /**
   * Uploads a file. `fetch` tells of no progress, so that this is an older kind of request.
   *
   * @param told called with the bytes that are sent
   * @throws ApiError; the signal's reason where that was aborted
   */
  upload(file: File, told: (bytes: number) => void, signal: AbortSignal): Promise<UploadedFile> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const request = new XMLHttpRequest();
      request.open('POST', PATH);
      request.setRequestHeader('Authorization', `Bearer ${this.#token}`);
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.responseType = 'json';
      request.upload.onprogress = ({ loaded }) => told(loaded);
      request.onload = () => {
        if (request.status === 201) resolve(request.response as UploadedFile);
        else reject(ApiError.of(new Response(null, { status: request.status }), request.response));
      };
      request.onerror = () => reject(ApiError.noAnswer(new Error('the upload broke off')));
      request.onabort = () => reject(signal.reason);
      signal.addEventListener('abort', () => request.abort(), { once: true });
      request.send(file);
    });
  }

  /** @throws ApiError */
  async read(id: string): Promise<Blob> {
    const answer = await this.#fetch(id);
    if (!answer.ok) throw ApiError.of(answer, await answer.json().catch(() => undefined));
    return answer.blob().catch((cause: unknown) => {
      throw ApiError.noAnswer(cause);
    });
  }

  /** An address that is good for a minute, for what can set no headers. @throws ApiError */
  async address(id: string): Promise<string> {
    const { status } = await this.#fetch(id, { method: 'HEAD' });
    if (status === 404) throw new ApiError(404, { code: 'file_not_found', detail: 'The file is not there any more.' });
    const { ticket } = await createApi(this.#token).POST('/v1/users/{uid}/tickets', {
      params: { path: { uid: 'me' } },
    });
    return `${PATH}/${id}?ticket=${encodeURIComponent(ticket)}`;
  }

  async #fetch(id: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` };
    return fetch(`${PATH}/${id}`, { ...init, headers }).catch((cause: unknown) => {
      throw ApiError.noAnswer(cause);
    });
  }
}
