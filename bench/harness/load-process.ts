/** The process that makes load: does what it is asked by messages, and answers with what it measured. */
import { post } from './post.ts';
import { Streams } from './streams.ts';

const streams = new Streams();
const tasks = {
  post,
  subscribe: streams.open,
  expect: streams.expect,
  replay: streams.replay,
  close: streams.close,
} as const;

export type Tasks = typeof tasks;

process.on('message', async ({ task, args }: { task: keyof Tasks; args: never }) => {
  try {
    process.send!({ result: await (tasks[task] as (args: never) => unknown)(args) });
  } catch (error) {
    process.send!({ error: String((error as Error).stack ?? error) });
  }
});
process.send!('ready');
