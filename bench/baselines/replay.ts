/**
 * The least that a replay could be: writes commands that were made before to a bare socket, page by page, and looks at
 * nothing of the answers but how long they are.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

/** First the entries of a page, then their bodies: each is asked when the one before has come. */
export interface ReplayPage {
  steps: { text: string; bytes: number }[];
}

const socket = connect(process.env.REDIS_PATH!);
await once(socket, 'connect');

let missing = 0;
let done: () => void = () => {};
socket.on('data', (data) => {
  missing -= data.length;
  if (missing <= 0) done();
});

process.on('message', async ({ pages }: { pages: ReplayPage[] }) => {
  const since = performance.now();
  for (const { steps } of pages) {
    for (const { text, bytes } of steps) {
      missing = bytes;
      await new Promise<void>((resolve) => {
        done = resolve;
        socket.write(text);
      });
    }
  }
  process.send!({ ms: performance.now() - since });
});
process.on('SIGTERM', () => process.exit());
process.send!({ url: '' });
