import type { Mutant } from './mutant.ts';

const SOCKET = ['test/features/inbox/socket.test.ts'];
const REQUESTS = ['test/features/inbox/socket-requests.test.ts'];

/** What the WebSocket promises. */
export const SOCKETS: readonly Mutant[] = [
  {
    name: 'any page may open a socket with a ticket or a token',
    file: 'inbox/socket-routes.ts',
    from: 'if (!hasBearer(request)) checkOrigin(request, corsOrigins);',
    to: '',
    tests: SOCKET,
    pattern: 'a page of another site',
  },
  {
    name: 'a socket goes over to the user of another token',
    file: 'transports/socket-session.ts',
    from: 'if (former && former.uid !== identified.uid) {',
    to: 'if (former && former.uid === undefined) {',
    tests: SOCKET,
    pattern: 'a token of another user',
  },
  {
    name: 'a renewed credential does not move the end of the socket',
    file: 'transports/socket-session.ts',
    from: 'this.#extend?.(identified.expiresAt);',
    to: '',
    tests: SOCKET,
    pattern: 'the credential is renewed',
  },
  {
    name: 'any offer of another protocol leaves HTTP',
    file: 'plugins/upgrade.ts',
    from: "&& method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'",
    to: "&& method !== '' && headers.upgrade !== ''",
    tests: SOCKET,
    pattern: 'an offer of another protocol',
  },
  {
    name: 'a peer that answers no ping stays',
    file: 'transports/websocket.ts',
    from: 'if (unanswered >= MISSED_PONGS) return webSocket.terminate();',
    to: '',
    tests: SOCKET,
    pattern: 'heartbeats come, and pings',
  },
  {
    name: 'a socket calls whatever a key may call',
    file: 'plugins/framed-requests.ts',
    from: 'if (!request.is404 && !CALLABLE.has(access)) {',
    to: 'if (access === undefined && !request.is404) {',
    tests: REQUESTS,
    pattern: 'only what a user token may call',
  },
  {
    name: 'a request over a socket may wait',
    file: 'plugins/framed-requests.ts',
    from: "if (block !== undefined && block !== '0') {",
    to: "if (block === '') {",
    tests: REQUESTS,
    pattern: 'only what a user token may call',
  },
  {
    name: 'requests of a socket overtake each other',
    file: 'transports/socket-session.ts',
    from: 'this.#last = this.#last\n      .then(handle)',
    to: 'this.#last = Promise.resolve()\n      .then(handle)',
    tests: REQUESTS,
    pattern: 'answers have the order',
  },
  {
    name: 'any number of requests of a socket waits',
    file: 'transports/socket-session.ts',
    from: 'this.#inFlight >= MAX_IN_FLIGHT',
    to: 'this.#inFlight >= 1e9',
    tests: REQUESTS,
    pattern: 'of 33 in flight',
  },
  {
    name: 'unreadable frames are told for ever',
    file: 'transports/socket-session.ts',
    from: 'if (++this.#malformed >= MAX_MALFORMED)',
    to: 'if (++this.#malformed >= 1e9)',
    tests: REQUESTS,
    pattern: 'a frame that can not be read',
  },
  {
    name: 'a socket that ends leaves its requests unanswered',
    file: 'transports/websocket.ts',
    from: 'this.#answered().then(() => resolve());',
    to: 'resolve();',
    tests: SOCKET,
    pattern: 'a service that stops says bye',
  },
];
