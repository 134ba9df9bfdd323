import { get } from 'node:http';
import WebSocket from 'ws';

/** An open stream of a listener. */
export interface Connection {
  /** Reads nothing any more, and stays connected. */
  pause(): void;
  resume(): void;
  /** Breaks it. */
  destroy(): void;
}

/** What a listener is told of its connection. */
export interface Hearing {
  opened(): void;
  /** @param cursor absent in a signal */
  event(name: string, cursor: string | undefined, data: object): void;
  /** It has ended, or never came about. Told at least once. */
  over(isError: boolean): void;
}

export interface Wanted {
  base: string;
  uid: string;
  /** The cursor to resume after, or `$`. */
  from: string;
  credential: string;
}

/** Opens a stream in one of the wire forms, as one would write it by hand. */
export type Connect = (wanted: Wanted, hearing: Hearing) => Connection;

export const overSse: Connect = ({ base, uid, from, credential }, hearing) => {
  const url = new URL(`/v1/users/${uid}/inbox/stream`, base);
  const headers: Record<string, string> = { authorization: `Bearer ${credential}` };
  if (from === '$') url.searchParams.set('start', from);
  else headers['last-event-id'] = from;
  const request = get(url, { agent: false, headers });
  let pause = () => {};
  let resume = () => {};
  request.on('error', () => hearing.over(true));
  request.on('close', () => hearing.over(false));
  request.on('response', (response) => {
    if (response.statusCode !== 200) {
      response.resume();
      return hearing.over(true);
    }
    hearing.opened();
    pause = () => response.pause();
    resume = () => response.resume();
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const lines = block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [field: string, value: string]);
        const { id, event, data } = Object.fromEntries(lines) as Partial<Record<string, string>>;
        if (event && data) hearing.event(event, id, JSON.parse(data));
      }
    });
    response.on('error', () => hearing.over(true));
    response.on('end', () => hearing.over(false));
  });
  return { pause: () => pause(), resume: () => resume(), destroy: () => request.destroy() };
};

export const overSocket: Connect = ({ base, uid, from, credential }, hearing) => {
  const url = new URL(`/v1/users/${uid}/inbox/socket?start=${from}`, base);
  url.protocol = 'ws';
  const headers = { authorization: `Bearer ${credential}` };
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  socket.on('open', () => hearing.opened());
  socket.on('message', (text) => {
    const { event, cursor, data } = JSON.parse(String(text)) as { event?: string; cursor?: string; data: object };
    if (event) hearing.event(event, cursor, data);
  });
  socket.on('error', () => hearing.over(true));
  socket.on('close', () => hearing.over(false));
  return { pause: () => socket.pause(), resume: () => socket.resume(), destroy: () => socket.terminate() };
};
