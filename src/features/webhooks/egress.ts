import { lookup as resolve } from 'node:dns';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ImError } from '../../domain/errors.ts';

/** How much of an answer is read, bytes. */
const MAX_ANSWER = 65_536;

/** What came of a request to somebody else's server. */
export interface Answer {
  status: number;
  /** What it asks for before another try, ms. */
  retryAfterMs: number | undefined;
  /** What it says; undefined where that is more than is read. */
  text: string | undefined;
}

export interface EgressOptions {
  /** Whether this machine and private networks may be reached. */
  allowsPrivate: boolean;
  /** How long a request may take, ms. */
  timeoutMs: number;
  /** How many connections to one server there may be. */
  connections?: number;
  /** How many of them are kept while nothing is sent. */
  connectionsKept?: number;
}

/** What an address is for, as those are told who name it. */
export interface Use {
  name: string;
  /** Whether only TLS will do; not where private networks may be reached, where nobody else listens. */
  isSecure?: boolean;
}

const WEBHOOK: Use = { name: 'webhook' };

/**
 * Requests that leave the service, to addresses that others name: what they may not reach is looked at in the address that is
 * connected to, so that no name can mean one address when it is looked at and another one then.
 */
export class Egress {
  readonly #options: EgressOptions;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  #isClosed = false;

  constructor(options: EgressOptions) {
    this.#options = options;
    const { connections: maxSockets = 10, connectionsKept: maxFreeSockets = 2 } = options;
    const agent = { keepAlive: true, maxSockets, maxFreeSockets, lookup: this.#lookup };
    this.#http = new HttpAgent(agent);
    this.#https = new HttpsAgent(agent);
  }

  /** @throws ImError `invalid_request` for an address that is never sent to */
  check(text: string, { name, isSecure = false }: Use = WEBHOOK): void {
    const schemes = isSecure && !this.#options.allowsPrivate ? ['https://'] : ['https://', 'http://'];
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !schemes.includes(`${url.protocol}//`)) {
      throw new ImError('invalid_request', `A ${name} goes to a URL that begins with ${schemes.join(' or ')}.`);
    }
    if (url.username || url.password) {
      throw new ImError('invalid_request', `The URL of a ${name} has no user and password.`);
    }
    const problem = this.#refusalOf(hostOf(url));
    if (problem)
      throw new ImError('invalid_request', `${problem}: set WEBHOOK_ALLOW_PRIVATE=true where that is meant.`);
  }

  /**
   * Sends a body. Redirects are not followed.
   * @throws Error that says why there was no answer
   */
  async post(
    text: string,
    headers: Record<string, string>,
    body: string | Buffer,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const url = new URL(text);
    const problem = this.#refusalOf(hostOf(url));
    if (problem) throw new Error(problem);
    const { timeoutMs } = this.#options;
    // A signal that ended by itself would keep the request, and its body, for all that time.
    const ended = new AbortController();
    const end = () => ended.abort();
    const late = new Error(`there was no answer within ${timeoutMs / 1_000} s`);
    const timer = setTimeout(() => ended.abort(late), timeoutMs);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    try {
      return await this.#sent(url, headers, body, ended.signal);
    } catch (error) {
      throw ended.signal.reason === late ? late : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  #sent(url: URL, headers: Record<string, string>, body: string | Buffer, signal: AbortSignal): Promise<Answer> {
    const isSecure = url.protocol === 'https:';
    return new Promise((answered, failed) => {
      const length = Buffer.byteLength(body);
      const options = {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
        signal,
      };
      let isAnswered = false;
      const take = (response: IncomingMessage) => {
        isAnswered = true;
        this.#read(response, answered, failed);
      };
      const attempt = (): void => {
        const sent: ClientRequest = isSecure
          ? httpsRequest(url, { ...options, agent: this.#https }, take)
          : httpRequest(url, { ...options, agent: this.#http }, take);
        sent.on('error', (error) => {
          // The receiver has closed a connection that was kept, just now: another one may do.
          const isStale = sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
          if (isStale && !isAnswered && !this.#isClosed) attempt();
          else failed(error);
        });
        sent.end(body);
      };
      attempt();
    });
  }

  /** Ends all connections. */
  close(): void {
    this.#isClosed = true;
    this.#http.destroy();
    this.#https.destroy();
  }

  #read(response: IncomingMessage, answered: (answer: Answer) => void, fail: (error: Error) => void): void {
    const { statusCode: status = 0, headers } = response;
    const answer = { status, retryAfterMs: retryAfterOf(headers['retry-after']) };
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      // The status has been told: the rest may go.
      if (bytes > MAX_ANSWER) {
        answered({ ...answer, text: undefined });
        response.destroy();
      }
    });
    response.on('error', fail);
    response.on('end', () => answered({ ...answer, text: Buffer.concat(chunks).toString() }));
  }

  readonly #lookup: LookupFunction = (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      for (const { address } of addresses) {
        const problem = this.#refusalOf(address);
        if (problem) return callback(new Error(problem), '', 0);
      }
      if (options.all) return callback(null, addresses as never, 0);
      const [first] = addresses;
      callback(null, first!.address, first!.family);
    });
  };

  /** Why an address may not be reached; nothing is known of a name. */
  #refusalOf(address: string): string | undefined {
    if (this.#options.allowsPrivate || isIP(address) === 0) return undefined;
    return isPublic(address) ? undefined : `${address} is of this machine or of a private network`;
  }
}

/** Whether an IP address is one of the internet; those that carry an IPv4 address are what that is. */
export function isPublic(address: string): boolean {
  return ipaddr.process(address).range() === 'unicast';
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Seconds, or a date. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
