import type { FastifyRequest, RouteOptions } from 'fastify';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import type { Revocations, TokenRefusal } from '../../features/tokens/revocations.ts';
import type { App } from '../fastify.ts';
import { withProblems } from '../openapi/problem.ts';
import type { Space } from '../space.ts';
import type { SpacesHere } from '../spaces-here.ts';
import type { Caller } from './caller.ts';
import { Credentials, type Identity } from './credentials.ts';

/**
 * Who may call a route. Each route declares one; the declaration is what is enforced and what the OpenAPI document says.
 * - `public`: anybody
 * - `any`: any user, or the server
 * - `self`: `{uid}` in the path is the acting user: the token's own, or anybody for the server
 * - `stream`: as self, or with a ticket for this user in the query
 * - `socket`: as stream, or anybody without a credential, who has no `caller` then and has to send one in a frame
 * - `member`, `admin`, `owner`: of the group; any user gets in here, and the rule itself is checked where it is atomic, with the
 *   actor, in the rules and their scripts
 * - `server`: an API key
 * - `operator`: a key of ADMIN_KEYS, which is good for nothing else
 */
export type Access =
  | 'public'
  | 'any'
  | 'self'
  | 'stream'
  | 'socket'
  | 'member'
  | 'admin'
  | 'owner'
  | 'server'
  | 'operator';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** It fits into no frame: its body or its answer has no size, and is read or written while it is made. */
    isStream?: true;
    /** Its body is bytes of any type, which the validator does not see. */
    takesBytes?: true;
  }
  interface FastifyRequest {
    /** Who calls; routes that are public, or for operators, have none. */
    caller: Caller;
    /** The space that the credential is for; where there is none, the default one. */
    space: Space;
  }
}

const SECURITY: Record<Access, Record<string, string[]>[]> = {
  public: [],
  any: [{ userToken: [] }, { serverKey: [] }],
  self: [{ userToken: [] }, { serverKey: [] }],
  stream: [{ userToken: [] }, { serverKey: [] }, { ticket: [] }],
  socket: [{ userToken: [] }, { serverKey: [] }, { ticket: [] }, {}],
  member: [{ userToken: [] }, { serverKey: [] }],
  admin: [{ userToken: [] }, { serverKey: [] }],
  owner: [{ userToken: [] }, { serverKey: [] }],
  server: [{ serverKey: [] }],
  operator: [{ adminKey: [] }],
};

/** Where `{uid}` in the path has to be the caller's own. */
const OWN_PATH: ReadonlySet<Access> = new Set(['self', 'stream', 'socket']);

/** How a credential may be refused. */
const REFUSALS = ['unauthorized', 'user_removed', 'token_revoked', 'suspended'] as const;

const REFUSED: Record<TokenRefusal, string> = {
  user_removed: 'The token was issued before its user was removed. Ask whoever signs you in for a new one.',
  token_revoked: 'The token was revoked: its user was signed out everywhere. Sign in for a new one.',
  suspended: 'The user is suspended: no token of theirs is taken until that is lifted, by a server key.',
};

/**
 * Enforces every route's `config.access` and stamps it into its schema, with the errors that any route may answer. A
 * route without a declaration does not start.
 */
export function registerAuth(app: App, spaces: SpacesHere): void {
  const credentials = new Credentials(spaces);
  // A getter would cost more than a property that every request has from the beginning.
  app.decorateRequest('caller', null as never);
  app.decorateRequest('space', null as never);
  app.addHook('onRequest', (request, _reply, done) => {
    request.space = spaces.default;
    done();
  });
  app.addHook('onRoute', (route) => {
    const access = accessOf(route);
    if (access === undefined) {
      if (route.url.startsWith('/v1/')) throw new Error(`${route.method} ${route.url} does not declare config.access`);
      return;
    }
    stamp(route, access);
    if (access === 'public') return;
    const check = (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) => {
      const admit = (refusal: TokenRefusal | undefined, caller: Caller) => {
        if (refusal) throw refusedBy(refusal);
        request.caller = caller;
        authorize(request, access);
      };
      /** @returns a promise if Redis has to be asked */
      const enter = ({ space, caller }: Identity): Promise<void> | undefined => {
        if (caller.kind === 'operator') return checkOperator(access);
        request.space = space;
        const refusal = refusalOf(caller, space.revocations);
        // This very promise: another one, asked for anew, would leave it to be rejected with nobody listening.
        if (refusal instanceof Promise) return refusal.then((why) => admit(why, caller));
        admit(refusal, caller);
        return undefined;
      };
      try {
        if (access === 'socket' && !hasBearer(request) && !ticketOf(request)) return done();
        const identity = authenticate(request, access, credentials);
        const entering = identity instanceof Promise ? identity.then(enter) : enter(identity);
        if (entering) return void entering.then(() => done(), done);
      } catch (error) {
        return done(error as Error);
      }
      done();
    };
    route.onRequest = [check, ...[route.onRequest ?? []].flat()];
  });
}

/** Why a caller's token is refused by now, if it is; a server key never is. At once, unless Redis has to be asked. */
export function refusalOf(
  caller: Caller,
  revocations: Revocations,
): TokenRefusal | undefined | Promise<TokenRefusal | undefined> {
  return caller.kind === 'user' ? revocations.refusalOf(caller) : undefined;
}

/** What a caller is told whose token is refused. */
export function refusedBy(refusal: TokenRefusal): ImError {
  return new ImError(refusal, REFUSED[refusal]);
}

function accessOf(route: RouteOptions): Access | undefined {
  return (route.config as { access?: Access } | undefined)?.access;
}

function stamp(route: RouteOptions, access: Access): void {
  route.schema ??= {};
  const schema = route.schema as { security?: unknown; response?: object; body?: unknown };
  schema.security = SECURITY[access];
  const writes = !['GET', 'HEAD'].includes([route.method].flat()[0]!);
  schema.response = withProblems(
    schema.response ?? {},
    'invalid_request',
    ...(route.url.includes('/:uid') ? (['me_needs_user'] as const) : []),
    ...(access === 'public' ? [] : ([...REFUSALS, 'forbidden', 'space_removed', 'too_many_requests'] as const)),
    ...(schema.body ? (['request_timeout', 'body_too_large', 'unsupported_media_type'] as const) : []),
    'headers_too_large',
    'internal',
    'unavailable',
    ...(writes ? (['storage_full', 'outcome_unknown'] as const) : []),
  );
}

/**
 * Who calls; most requests carry a credential that is known, and nothing has to wait then.
 *
 * Some clients send all that they have, a token in the header and a ticket in the query: then the token alone counts, and
 * one that is wrong is told to be so, even beside a good ticket. Else a client whose token has ended would go on as
 * somebody that it may no longer be, and never learn of it. A header of another scheme, such as a browser's "Basic" for
 * a proxy in front, is not ours: the ticket counts.
 */
function authenticate(request: FastifyRequest, access: Access, credentials: Credentials): Identity | Promise<Identity> {
  const isBearer = hasBearer(request);
  const ticket = ticketOf(request);
  const takesTicket = access === 'stream' || access === 'socket';
  if (takesTicket && !isBearer && ticket !== undefined) return credentials.ofTicket(ticket);
  const [, credential] = (request.headers.authorization ?? '').split(' ', 2);
  if (!isBearer || !credential) {
    throw new ImError('unauthorized', 'Send "Authorization: Bearer <user token or API key>".');
  }
  return credentials.ofBearer(credential);
}

/** Whether the header of a request carries its credential. */
export function hasBearer({ headers }: FastifyRequest): boolean {
  return /^bearer( |$)/i.test(headers.authorization ?? '');
}

function ticketOf({ query }: FastifyRequest): string | undefined {
  const { ticket } = query as { ticket?: unknown };
  return typeof ticket === 'string' ? ticket : undefined;
}

/** An operator's key is good for what is of operators, and nothing else. */
function checkOperator(access: Access): undefined {
  if (access === 'operator') return undefined;
  throw new ImError('forbidden', 'A key of ADMIN_KEYS only administrates spaces: use a server key of the space.');
}

function authorize(request: FastifyRequest, access: Access): void {
  const { caller } = request;
  if (access === 'operator') throw new ImError('forbidden', 'Only a key of ADMIN_KEYS may do this.');
  const params = request.params as { uid?: string };
  // The path's {uid} is `me` in any route that has one: it is the token's own user.
  if (params.uid === 'me') {
    if (caller.kind !== 'user') {
      throw new ImError('me_needs_user', 'An API key is nobody: name the user in the path instead of "me".');
    }
    params.uid = caller.uid;
  }
  if (caller.kind === 'server') return;
  if (access === 'server') throw new ImError('forbidden', 'Only an API key may do this.');
  if (OWN_PATH.has(access) && params.uid !== caller.uid) {
    throw new ImError(
      'forbidden',
      `The token is for another user than the path. Use /v1/users/me/… or ${caller.uid satisfies Uid}.`,
    );
  }
}
