import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { TokensEnd } from '../feed-entry.ts';
import type { Source } from '../source.ts';
import {
  answerFrame,
  type ClientFrame,
  type FrameId,
  type RequestFrame,
  readFrame,
  type TokenFrame,
} from './socket-frames.ts';
import { WebSocketSink } from './websocket.ts';

export interface Answer {
  status: number;
  /** A JSON text; empty if there is none. */
  body: string;
}

/** Somebody whose credential was checked. */
export interface Member {
  uid: Uid;
  /** What they follow, in their own space. */
  source: Source;
  /** Where the events start. */
  position: Cursor;
  /** What their requests are made with, the value of an Authorization header; a ticket makes none. */
  authorization: string | undefined;
  /** When the credential ends, ms since 1970. */
  expiresAt: number;
  /** The server key that it is, if it is one. */
  serverKey?: string | undefined;
  /** Why it is refused by now, if it is. */
  refusal: () => TokensEnd | undefined | Promise<TokensEnd | undefined>;
}

/** What a session needs of the service. */
export interface SessionHost {
  /** Checks a credential by the rules of the route: a member, or the answer that refuses it. */
  identify(token: string): Promise<Member | Answer>;
  /** Makes a request by the rules of the API's routes. Never throws. */
  perform(request: RequestFrame, authorization: string): Promise<Answer>;
  /** The problem document of an error, as JSON. */
  problem(error: ImError): string;
  /** Opens the stream of events. @returns moves its end, when the credential is renewed */
  subscribe(member: Member, sink: WebSocketSink): (renewed: Member) => void;
  /** Something went wrong here that is nobody's mistake. */
  failed(error: unknown): void;
  /** The time between two pings, ms. */
  pingMs: number;
}

/** How long who comes without a credential may take to send one, ms. */
const TOKEN_MS = 5_000;
/** What they may send meanwhile, bytes: as much as HTTP's headers. */
const MAX_BYTES_BEFORE_TOKEN = 16 * 1024;
/** Frames that are waiting or being answered; one more is refused. */
export const MAX_IN_FLIGHT = 32;
/** Beyond so many characters of them nothing more is read until they are fewer. */
const MAX_CHARACTERS_IN_FLIGHT = 1024 * 1024;
/** After so many malformed frames the socket is closed. */
export const MAX_MALFORMED = 10;

/**
 * One WebSocket: who it belongs to, and what its client sends. Frames are handled one after the other, so that their
 * effects and answers have the order in which they came. What is read ahead is bounded, and so is what is written: while
 * the client does not read its answers, its requests wait in its own socket.
 */
export class SocketSession {
  readonly #webSocket: WebSocket;
  readonly #host: SessionHost;
  readonly #sink: WebSocketSink;
  #member: Member | undefined;
  #extend: ((renewed: Member) => void) | undefined;
  /** Whether a credential has come, though it may not have been checked yet. */
  #hasToken = false;
  #last: Promise<void> = Promise.resolve();
  #inFlight = 0;
  #charactersInFlight = 0;
  #malformed = 0;
  #isOver = false;

  /** @param member who opened it, if that is known; otherwise the first frame has to tell */
  constructor(webSocket: WebSocket, socket: Socket, host: SessionHost, member?: Member) {
    this.#webSocket = webSocket;
    this.#host = host;
    this.#sink = new WebSocketSink(webSocket, socket, { pingMs: host.pingMs, answered: () => this.#last });
    // What is wrong with a frame ws tells the client with a close code; a broken connection has nobody to tell.
    webSocket.on('error', () => {});
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) this.#close(1003, 'send text frames');
      else this.#receive(String(data));
    });
    if (member) this.#join(member);
    else this.#awaitToken(socket);
  }

  /** The service stops: who has no stream yet, and so gets no `bye`, is sent away. */
  drain(): void {
    if (!this.#member) this.#close(1001, 'shutdown');
  }

  #awaitToken(socket: Socket): void {
    const before = socket.bytesRead;
    const refuse = () => this.#refuse(undefined, 'The first frame has to be { "token": "eyJ…" }, within 5 s.');
    const timer = setTimeout(refuse, TOKEN_MS);
    const count = () => {
      if (!this.#hasToken && socket.bytesRead - before > MAX_BYTES_BEFORE_TOKEN) refuse();
      if (this.#hasToken) stop();
    };
    const stop = () => {
      clearTimeout(timer);
      socket.off('data', count);
    };
    socket.on('data', count);
    this.#webSocket.once('message', stop);
    this.#webSocket.once('close', stop);
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    const frame = readFrame(text);
    if (!this.#member && !this.#hasToken && frame.kind !== 'token') {
      this.#refuse(frame.id, 'The first frame has to be { "token": "eyJ…" }.');
    } else if (frame.kind === 'malformed') {
      this.#complain(frame.id, frame.detail);
    } else if (this.#inFlight >= MAX_IN_FLIGHT) {
      const detail = `Of one socket at most ${MAX_IN_FLIGHT} requests wait: await an answer first.`;
      this.#answerProblem(frame.id, new ImError('too_many_requests', detail));
    } else {
      if (frame.kind === 'token') this.#hasToken = true;
      this.#enqueue(text.length, () => this.#handle(frame));
    }
  }

  #enqueue(characters: number, handle: () => Promise<void>): void {
    this.#inFlight++;
    this.#charactersInFlight += characters;
    const failed = (error: unknown) => {
      this.#host.failed(error);
      this.#close(1011, 'internal');
    };
    this.#last = this.#last
      .then(handle)
      .catch(failed)
      .then(() => {
        this.#inFlight--;
        this.#charactersInFlight -= characters;
        this.#balance();
      });
    this.#balance();
  }

  /** Reads on, or leaves what comes in the client's socket. */
  #balance(): void {
    const isTooMuch = this.#charactersInFlight > MAX_CHARACTERS_IN_FLIGHT || this.#sink.isFull;
    if (isTooMuch === this.#webSocket.isPaused) return;
    if (isTooMuch) this.#webSocket.pause();
    else this.#webSocket.resume();
    if (this.#sink.isFull) this.#sink.room().then(() => this.#balance());
  }

  async #handle(frame: Exclude<ClientFrame, { kind: 'malformed' }>): Promise<void> {
    if (frame.kind === 'token') return this.#identify(frame);
    const authorization = this.#member?.authorization;
    if (authorization === undefined) {
      const detail = 'A ticket only receives. To make requests send { "token": "eyJ…" } first.';
      this.#answerProblem(frame.id, new ImError('forbidden', detail));
    } else {
      const { status, body } = await this.#host.perform(frame, authorization);
      this.#sink.send(answerFrame(frame.id, status, body));
    }
    // Whoever reads no answers gets no more of them.
    await this.#sink.room();
  }

  async #identify({ id, token }: TokenFrame): Promise<void> {
    const identified = await this.#host.identify(token);
    const former = this.#member;
    if ('status' in identified) {
      this.#sink.send(answerFrame(id, identified.status, identified.body));
      // A renewal can be tried again while the former credential lasts.
      if (!former || identified.status < 429) this.#closeAfter(identified.status);
      return;
    }
    if (former && (former.uid !== identified.uid || former.source.key !== identified.source.key)) {
      const detail = `This socket is of the user "${former.uid}" of one space, and the token of another. Open another socket with it.`;
      this.#answerProblem(id, new ImError('forbidden', detail));
      return this.#closeAfter(403);
    }
    if (former) {
      this.#member = identified;
      this.#extend?.(identified);
    } else this.#join(identified);
    if (id !== undefined) this.#sink.send(answerFrame(id, 204, ''));
  }

  #join(member: Member): void {
    this.#member = member;
    this.#extend = this.#host.subscribe(member, this.#sink);
  }

  #complain(id: FrameId | undefined, detail: string): void {
    this.#answerProblem(id, new ImError('invalid_request', detail));
    if (++this.#malformed >= MAX_MALFORMED) this.#close(1008, 'too many malformed frames');
    else this.#balance();
  }

  #refuse(id: FrameId | undefined, detail: string): void {
    this.#answerProblem(id, new ImError('unauthorized', detail));
    this.#close(4401, 'unauthorized');
  }

  #answerProblem(id: FrameId | undefined, error: ImError): void {
    this.#sink.send(answerFrame(id, error.status, this.#host.problem(error)));
    this.#balance();
  }

  /** Closes with the code that says the same as an answer's status. */
  #closeAfter(status: number): void {
    if (status < 500) this.#close(4_000 + status, 'refused');
    else this.#close(status === 503 ? 1013 : 1011, 'try again later');
  }

  #close(code: number, reason: string): void {
    this.#isOver = true;
    this.#sink.close(code, reason);
  }
}
