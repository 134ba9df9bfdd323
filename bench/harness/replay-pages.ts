import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import type { RawEntry } from '../../src/domain/entries.ts';
import type { ReplayPage } from '../baselines/replay.ts';
import type { Sample } from './compare.ts';
import { cpuPerUnit } from './measure.ts';

const PAGE = 500;

/** The commands that read an inbox and its bodies, and how long their answers are. */
export async function pagesOf(redis: Redis, inbox: string): Promise<ReplayPage[]> {
  const entries = (await redis.xrange(inbox, '-', '+')) as RawEntry[];
  const pages: ReplayPage[] = [];
  for (let first = 0; first < entries.length; first += PAGE) {
    const some = entries.slice(first, first + PAGE);
    const commands = [
      [['XRANGE', inbox, some[0]![0], some.at(-1)![0]]],
      some.map(([, [, log, , mid]]) => ['XRANGE', log!, mid!, mid!]),
    ];
    const steps = [];
    for (const step of commands) {
      const text = step.map(encode).join('');
      steps.push({ text, bytes: await answerLength(redis.options.path!, text) });
    }
    pages.push({ steps });
  }
  return pages;
}

function encode(args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}

/** Asked once, with a mark behind it that tells where the answer ends. */
function answerLength(path: string, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${text}${encode(['ECHO', 'that-is-all'])}`));
    const mark = '$11\r\nthat-is-all\r\n';
    let received = '';
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.on('data', (data: unknown) => {
      received += data as string;
      if (!received.endsWith(mark)) return;
      socket.destroy();
      resolve(received.length - mark.length);
    });
  });
}

/** Replays some times over; `once` resolves with how long it took, ms. */
export async function measureReplay(
  pid: number,
  messages: number,
  times: number,
  once: () => Promise<number>,
): Promise<Sample> {
  let ms = 0;
  const cpu = await cpuPerUnit({ pids: [pid] }, async () => {
    for (let i = 0; i < times; i++) ms += await once();
    return times * messages;
  });
  return { perSecond: (times * messages * 1_000) / ms, ...cpu };
}
