import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import inject from 'light-my-request';
import { ImError } from '../../domain/errors.ts';
import type { Access } from '../auth/auth.ts';
import type { App } from '../fastify.ts';

/** What a user's token may call, and what answers at once. */
const CALLABLE: ReadonlySet<Access | undefined> = new Set<Access>(['any', 'self', 'member', 'owner']);

/** A request that came in a frame. */
export interface FramedRequest {
  method: string;
  /** From `/v1/` on, with its query. */
  path: string;
  /** The body as JSON. */
  body?: string | undefined;
  /** The value of an Authorization header. */
  authorization: string;
  /** Where the client is: nobody may look local who is not. */
  remoteAddress: string;
}

export interface FramedAnswer {
  status: number;
  /** A JSON text; empty if there is none. */
  body: string;
}

/** The requests that came in frames; of one that only tells who calls, what to do when it has reached its route. */
const framed = new WeakMap<IncomingMessage, ((found: unknown) => void) | undefined>();

/**
 * Lets requests that came in frames call what answers at once: no stream, no waiting, nothing of the service itself. Which
 * route a path is of, the router alone says.
 */
export function registerFramedRequests(app: App): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!framed.has(request.raw) || framed.get(request.raw)) return done();
    const { access, isStream } = request.routeOptions.config;
    if (!request.is404 && !CALLABLE.has(access)) {
      return done(new ImError('route_not_found', 'On a socket there are only operations that a user token may call.'));
    }
    if (isStream) return done(notJson());
    const { block } = (request.query ?? {}) as { block?: unknown };
    if (block !== undefined && block !== '0') {
      return done(
        new ImError('invalid_request', 'On a socket nothing waits: leave out "block"; events come by themselves.'),
      );
    }
    done();
  });
}

/** Makes a request by the rules of its route; whatever is wrong with it is told as over HTTP. */
export function perform(app: App, request: FramedRequest): Promise<FramedAnswer> {
  return dispatch(app, request, undefined);
}

/**
 * Has a credential checked as that of any request is, by calling the socket's own route with it.
 *
 * @returns what the route's handler gives to {@link tell}, or the answer that refuses the caller
 */
export async function identify<Found>(app: App, request: FramedRequest): Promise<Found | FramedAnswer> {
  let told: Found | undefined;
  const answer = await dispatch(app, request, (found) => {
    told = found as Found;
  });
  return told ?? answer;
}

/** @returns whether the request is one of {@link identify}, which has got what was found */
export function tell(request: FastifyRequest, found: unknown): boolean {
  const onFound = framed.get(request.raw);
  onFound?.(found);
  return onFound !== undefined;
}

async function dispatch(
  app: App,
  { method, path, body, authorization, remoteAddress }: FramedRequest,
  onFound: ((found: unknown) => void) | undefined,
): Promise<FramedAnswer> {
  const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const enter = (incoming: IncomingMessage, response: ServerResponse) => {
    framed.set(incoming, onFound);
    app.routing(incoming, response);
  };
  const answer = await inject(enter, {
    method,
    url: path,
    headers,
    remoteAddress,
    ...(body === undefined ? {} : { payload: body }),
  });
  const isJson = /^application\/(problem\+)?json/.test(String(answer.headers['content-type'] ?? 'application/json'));
  // Nothing that a user may call answers with anything else; one that will does not fit into a frame.
  if (!isJson) throw notJson();
  return { status: answer.statusCode, body: answer.payload };
}

function notJson(): ImError {
  return new ImError('not_acceptable', 'This operation does not answer with JSON: call it over HTTP.');
}
