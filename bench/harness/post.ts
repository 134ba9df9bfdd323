import { connect, type Socket } from 'node:net';

/** Requests to send again and again, over some connections, one at a time on each. */
export interface PostTask {
  url: string;
  connections: number;
  /** How long to go on, ms; or until `count` requests are done. */
  ms?: number;
  count?: number;
  /** Requests a second, all connections together; as fast as it goes where absent. */
  rate?: number;
  /**
   * What to send, each in turn. `{n}` in a body becomes a number that no other request has, `{at}` the time of sending (ms
   * since 1970).
   */
  requests: { path: string; token: string; body: string; method?: 'GET' }[];
}

export interface PostResult {
  requests: number;
  ms: number;
  /** Answers with another status than 200 or 201, and one of them. */
  failures: number;
  failure?: string;
}

let serial = 0;

/**
 * Sends POSTs, or GETs, over raw sockets: a client that does next to nothing leaves the processor to what is measured. The answers'
 * status and length are looked at, their bodies are not.
 */
export async function post(task: PostTask): Promise<PostResult> {
  const { hostname, port } = new URL(task.url);
  const result: PostResult = { requests: 0, ms: 0, failures: 0 };
  const sockets = await Promise.all(Array.from({ length: task.connections }, () => open(hostname, Number(port))));
  const since = performance.now();
  const until = since + (task.ms ?? Infinity);
  let begun = 0;
  const mayBegin = () => begun < (task.count ?? Infinity) && performance.now() < until;
  await Promise.all(
    sockets.map(async (socket) => {
      const exchange = exchanges(socket);
      while (mayBegin()) {
        const number = begun++;
        const { path, token, body, method = 'POST' } = task.requests[number % task.requests.length]!;
        const head =
          `${method} ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\n` +
          'content-type: application/json\r\ncontent-length: ';
        if (task.rate) await at(since + (number * 1_000) / task.rate);
        const text = body
          .replaceAll('{n}', String(serial++))
          .replace('{at}', String(performance.timeOrigin + performance.now()));
        const answer = await exchange(`${head}${Buffer.byteLength(text)}\r\n\r\n${text}`);
        result.requests++;
        if (!answer.startsWith('HTTP/1.1 20')) {
          result.failures++;
          result.failure = answer;
        }
      }
      socket.destroy();
    }),
  );
  result.ms = performance.now() - since;
  return result;
}

async function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** One request, one answer with a content-length. */
function exchanges(socket: Socket): (request: string) => Promise<string> {
  let resolve: (answer: string) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let received = '';
  let missing = -1;
  socket.setEncoding('latin1');
  socket.on('data', (data: unknown) => {
    received += data as string;
    if (missing < 0) {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      missing = end + 4 + Number(/content-length: (\d+)/i.exec(received)![1]);
    }
    if (received.length < missing) return;
    const answer = received;
    received = '';
    missing = -1;
    resolve(answer);
  });
  socket.on('close', () => fail(new Error('the service closed the connection')));
  return (request) =>
    new Promise((done, failed) => {
      resolve = done;
      fail = failed;
      socket.write(request, 'latin1');
    });
}

async function at(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
