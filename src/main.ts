#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { VERSION } from './app.ts';
import { functions } from './cli/functions.ts';
import { level } from './cli/level.ts';
import { serve } from './cli/serve.ts';
import { ConfigError } from './config/complaints.ts';

const HELP = `redisim ${VERSION}: an instant-messaging backend over REST and Server-Sent Events

  redisim                  run the service; settings come from the environment or .env (see the README)
  redisim level            the level at which the data is written, and the one that this version knows
  redisim level raise      write what only this version and newer ones understand; older nodes then stop
  redisim functions load   put the functions into Redis that docs/functions.md describes
  redisim functions version | dump   which ones Redis has and which this package has; their text

  --help, --version
`;

/** What each word on the command line does. */
const COMMANDS: Record<string, (...words: string[]) => Promise<void>> = { level, functions };

async function main(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values.version) return void process.stdout.write(`${VERSION}\n`);
  const [name, ...words] = positionals;
  if (name === undefined) return serve();
  const command = COMMANDS[name];
  if (!command) throw new Error(`there is no command "${name}"; see redisim --help`);
  await command(...words);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // For whoever started it, not for a log: one message that says what to change.
  process.stderr.write(`redisim: ${explain(error)}\n`);
  process.exit(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE' && (syscall === 'listen' || syscall === 'bind'))
    return `${error.message}: end what uses the port, or set PORT`;
  if (code?.startsWith('ERR_PARSE_ARGS')) return `${error.message.split('.', 1)[0]}; see redisim --help`;
  // An error that we worded needs no stack; a bug does.
  return error.constructor === Error || error instanceof ConfigError ? error.message : (error.stack ?? error.message);
}
