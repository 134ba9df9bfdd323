/** What names a request, so that its answer can: the client's own, given back as it came. */
export type FrameId = string | number;

/** A credential: the first frame of who has sent none before, later one that takes its place. */
export interface TokenFrame {
  kind: 'token';
  id?: FrameId;
  token: string;
}

/** A request by the rules of the API's routes. */
export interface RequestFrame {
  kind: 'request';
  id: FrameId;
  method: string;
  path: string;
  /** As JSON. */
  body?: string;
}

/** A frame that is neither; `detail` says what to change. */
export interface MalformedFrame {
  kind: 'malformed';
  id?: FrameId;
  detail: string;
}

export type ClientFrame = TokenFrame | RequestFrame | MalformedFrame;

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];
const MAX_ID = 64;
/** As much as HTTP's line and headers may have together. */
const MAX_PATH = 16 * 1024;
const MAX_TOKEN = 16 * 1024;

const REQUEST = '{ "id": 1, "method": "GET", "path": "/v1/users/me" }';
const TOKEN = '{ "token": "eyJ…" }';

/** Reads what a client sends in a text frame. Never throws. */
export function readFrame(text: string): ClientFrame {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return malformed(undefined, `The frame is not valid JSON. Send a request, for example ${REQUEST}.`);
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    return malformed(undefined, `A frame is a JSON object: a request, for example ${REQUEST}, or ${TOKEN}.`);
  }
  const { id, ...members } = frame as Record<string, unknown>;
  if (id !== undefined && !isId(id)) {
    return malformed(undefined, `"id" must be a text of 1 to ${MAX_ID} characters or a whole number, for example 1.`);
  }
  return Object.hasOwn(members, 'token') ? readToken(id, members) : readRequest(id, members);
}

function readToken(id: FrameId | undefined, { token, ...others }: Record<string, unknown>): ClientFrame {
  if (typeof token !== 'string' || token === '' || token.length > MAX_TOKEN) {
    return malformed(id, `"token" must be a user token, for example ${TOKEN}.`);
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return malformed(id, `A frame with a "token" has nothing else, such as ${show(unknown)}.`);
  return { kind: 'token', token, ...(id === undefined ? {} : { id }) };
}

function readRequest(id: FrameId | undefined, members: Record<string, unknown>): ClientFrame {
  const { method, path, body, ...others } = members;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    return malformed(
      id,
      `A request has "id", "method", "path" and "body", not ${show(unknown)}; for example ${REQUEST}.`,
    );
  }
  if (id === undefined)
    return malformed(id, `A request needs an "id", which its answer gives back, for example ${REQUEST}.`);
  if (typeof method !== 'string' || !METHODS.includes(method)) {
    return malformed(id, `"method" must be one of: ${METHODS.join(', ')}.`);
  }
  if (typeof path !== 'string' || !/^\/(?!\/)/.test(path) || path.length > MAX_PATH) {
    return malformed(id, '"path" must begin with a slash, as in /v1/users/me, and have at most 16384 characters.');
  }
  try {
    // What is nested too deep can be read, and not written again.
    return { kind: 'request', id, method, path, ...(body == null ? {} : { body: JSON.stringify(body) }) };
  } catch {
    return malformed(id, '"body" is nested too deep.');
  }
}

function malformed(id: FrameId | undefined, detail: string): MalformedFrame {
  return { kind: 'malformed', detail, ...(id === undefined ? {} : { id }) };
}

function isId(id: unknown): id is FrameId {
  return typeof id === 'string' ? id !== '' && id.length <= MAX_ID : Number.isSafeInteger(id);
}

function show(name: string): string {
  return `"${name.length > 40 ? `${name.slice(0, 40)}…` : name}"`;
}

/** A frame that answers another one. */
export function answerFrame(id: FrameId | undefined, status: number, body: string): string {
  const named = id === undefined ? '' : `"id":${JSON.stringify(id)},`;
  return `{${named}"status":${status}${body === '' ? '' : `,"body":${body}`}}`;
}
