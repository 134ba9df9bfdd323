import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { ByeReason, EventName, SignalName, Sink } from '../sink.ts';

/** With which code a socket is closed after `bye`; those from 4400 on are HTTP's statuses of the same meaning. */
export const CLOSE_CODES: Record<ByeReason, number> = {
  shutdown: 1001,
  token_expired: 4401,
  token_revoked: 4401,
  suspended: 4403,
  not_member: 4403,
  user_removed: 4404,
  group_removed: 4404,
  space_removed: 4404,
  consumer_removed: 4404,
  too_slow: 4408,
  too_many_subscribers: 4429,
};

/** How long answers may still be made for requests that came before the end, ms. */
const LAST_ANSWERS_MS = 3_000;
/** How long a peer may take to close its side, ms; one that reads nothing is cut off then. */
const LINGER_MS = 2_000;
/** A peer that leaves so many pings in a row without a pong is gone. */
const MISSED_PONGS = 2;

export interface WebSocketSinkOptions {
  /** The time between two pings, ms. */
  pingMs: number;
  /** Resolves when the requests that have come are answered. */
  answered: () => Promise<unknown>;
}

/** An open WebSocket as a sink of events: each is a text frame, the same text as a line of NDJSON. */
export class WebSocketSink implements Sink {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #answered: () => Promise<unknown>;
  #pending: string[] = [];
  #closeCode = 1000;
  #closeReason = '';
  #isEnding = false;
  #onDrain: () => void = () => {};
  /** Who waits for the socket to take more, besides the subscriber. */
  #waiting: (() => void)[] = [];

  /** @param socket what the WebSocket writes to: it alone says when that is full, and when it is not any more */
  constructor(webSocket: WebSocket, socket: Socket, { pingMs, answered }: WebSocketSinkOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#answered = answered;
    const drained = () => {
      this.#release();
      this.#onDrain();
    };
    socket.on('drain', drained);
    const stopPinging = this.#startPinging(pingMs);
    webSocket.once('close', () => {
      socket.off('drain', drained);
      stopPinging();
      this.#release();
    });
  }

  event(name: EventName, cursor: Cursor, json: string): void {
    this.#pending.push(`{"event":"${name}","cursor":"${cursor}","data":${json}}`);
    if (name === 'bye') this.#closeWith(json);
  }

  signal(name: SignalName, json: string): void {
    this.#pending.push(`{"event":"${name}","data":${json}}`);
  }

  flush(): boolean {
    if (this.#pending.length > 0) {
      const frames = this.#pending;
      this.#pending = [];
      // One write for all of them.
      this.#socket.cork();
      for (const frame of frames) this.send(frame);
      this.#socket.uncork();
    }
    return !this.isFull;
  }

  /** Writes a frame that is no event, such as an answer. */
  send(frame: string): void {
    // A socket that is closed takes nothing more; who reads has gone.
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(frame);
  }

  /** Whether what was written waits for the client to read. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain && !this.#socket.destroyed;
  }

  /** Resolves when the socket takes more, or is closed. */
  async room(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    let timer: NodeJS.Timeout;
    const answered = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_ANSWERS_MS);
      this.#answered().then(() => resolve());
    });
    answered.then(() => {
      clearTimeout(timer);
      this.close(this.#closeCode, this.#closeReason);
    });
  }

  /** Closes at once, without `bye`; a peer that does not close its side is cut off. */
  close(code: number, reason: string): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === webSocket.CLOSED) return;
    webSocket.close(code, reason);
    const timer = setTimeout(() => webSocket.terminate(), LINGER_MS);
    webSocket.once('close', () => clearTimeout(timer));
  }

  #closeWith(bye: string): void {
    const { reason } = JSON.parse(bye) as { reason: ByeReason };
    this.#closeCode = CLOSE_CODES[reason];
    this.#closeReason = reason;
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** @returns ends it */
  #startPinging(pingMs: number): () => void {
    const webSocket = this.#webSocket;
    let unanswered = 0;
    webSocket.on('pong', () => {
      unanswered = 0;
    });
    const timer = setInterval(() => {
      // Behind what is not read no ping gets through: such a peer is too slow, and the hub's business.
      if (this.isFull || webSocket.isPaused || webSocket.readyState !== webSocket.OPEN) return;
      if (unanswered >= MISSED_PONGS) return webSocket.terminate();
      unanswered++;
      webSocket.ping();
    }, pingMs);
    return () => clearInterval(timer);
  }
}
