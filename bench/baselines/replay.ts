/**
 * The least that a replay could be: reads an inbox in pages and then the body of each entry, pipelined, over a bare
 * socket, and looks at nothing but how much came. What it is asked to read comes as a message of its parent.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const socket = connect(process.env.REDIS_PATH!);
await once(socket, 'connect');

let missing = 0;
let done: () => void = () => {};
socket.on('data', (data) => {
  missing -= data.length;
  if (missing <= 0) done();
});

function command(...args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}

interface Page {
  inbox: string;
  from: string;
  to: string;
  bodies: [log: string, mid: string][];
  /** How long both answers are together, bytes; measured before. */
  bytes: [page: number, bodies: number];
}

function ask(text: string, bytes: number): Promise<void> {
  missing = bytes;
  return new Promise((resolve) => {
    done = resolve;
    socket.write(text);
  });
}

process.on('message', async ({ pages }: { pages: Page[] }) => {
  const since = performance.now();
  for (const { inbox, from, to, bodies, bytes } of pages) {
    await ask(command('XRANGE', inbox, from, to), bytes[0]);
    await ask(bodies.map(([log, mid]) => command('XRANGE', log, mid, mid)).join(''), bytes[1]);
  }
  process.send!({ ms: performance.now() - since });
});
process.on('SIGTERM', () => process.exit());
process.send!({ url: '' });
