import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findStray } from './stray.ts';

/** One running Redis server process, started here or found running. */
export interface ServerProcess {
  readonly pid: number;
  /** True when it was running already. */
  readonly adopted: boolean;
  /** Resolves when it has ended; to false when that was surely no clean end. */
  readonly exited: Promise<boolean>;
  /** Asks it to write everything to disk and end. */
  terminate(): void;
}

export interface ServerOptions {
  binary: string;
  /** Its working folder, which holds its data and its log. */
  dataDir: string;
  /** The unix socket to listen on. */
  socket: string;
  appendfsync: 'everysec' | 'always';
}

const POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 2_000;
/** How long a server that was found may stay silent, or take to end. */
const PATIENCE_MS = 10_000;
const LOG_FILE = 'redis.log';

/**
 * Starts a server and waits until it has read its data. It gets a process group of its own: a terminal's Ctrl-C
 * reaches the service, which ends Redis last.
 * @throws Error with the last lines of its log, when it ends before that
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { dataDir, socket } = options;
  // Its first words, about its options, go to stderr; the log is where one looks for them.
  const log = openSync(join(dataDir, LOG_FILE), 'a', 0o600);
  const { size: logStart } = fstatSync(log);
  // Without its configuration, were we killed right now, it would listen nowhere and end.
  const child = spawn(options.binary, ['--port', '0', '-'], {
    cwd: dataDir,
    // Lua compares text in the order of this locale; what is stored must not depend on the language of the machine.
    env: { ...process.env, LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  // One that ends before it has read them is told of below.
  child.stdin!.on('error', () => {}).end(configurationOf(options));
  let ended = false;
  const exited = new Promise<boolean>((resolve) => {
    child.once('exit', (code) => resolve(code === 0));
    child.once('error', () => resolve(false));
  });
  exited.then(() => {
    ended = true;
  });
  try {
    while (!(await answers(socket))) {
      if (ended) throw new Error(`${options.binary} did not start${lastLines(join(dataDir, LOG_FILE), logStart)}`);
      await delay(POLL_MS);
    }
  } catch (error) {
    child.kill();
    throw error;
  }
  return { pid: child.pid!, adopted: false, exited, terminate: () => void child.kill('SIGTERM') };
}

/**
 * Takes over the server that already uses the folder: it outlives a node that was killed, and a second one on the same
 * files would destroy them. Undefined when there is none. A server that still reads its data is waited for; one of ours
 * that cannot be reached, its socket being gone, is ended.
 * @throws Error that names the process, when it neither answers nor ends, and when somebody else has started it
 */
export async function adoptServer(options: ServerOptions): Promise<ServerProcess | undefined> {
  const { socket, appendfsync } = options;
  const since = Date.now();
  // Nothing is ever written on this connection: it closes when the process ends.
  let watch = await open(socket);
  while (watch === undefined) {
    const stray = findStray(options.dataDir, socket, options.binary);
    if (stray === undefined) return undefined;
    // One that has just been started listens within milliseconds.
    if (Date.now() - since > ANSWER_TIMEOUT_MS) {
      if (!stray.isOurs) {
        throw new Error(
          `process ${stray.pid} (${stray.title}) works in ${options.dataDir} and was not started by this service: ` +
            'end it yourself, or set another DATA_DIR',
        );
      }
      await endStray(stray.pid, options);
    }
    await delay(POLL_MS);
    watch = await open(socket);
  }
  watch.on('error', () => {}).resume();
  let ended = false;
  // Redis removes its socket when it ends by itself, and leaves it when it is killed.
  const exited = new Promise<boolean>((resolve) => watch.once('close', () => resolve(!existsSync(socket))));
  exited.then(() => {
    ended = true;
  });
  while (!(await answers(socket))) {
    if (ended) return adoptServer(options);
    if (Date.now() - since > PATIENCE_MS && (await ask(socket, 'PING')) === undefined) {
      watch.destroy();
      throw new Error(`a Redis listens on ${socket} and does not answer: end that process first`);
    }
    await delay(POLL_MS);
  }
  const pid = Number(/process_id:(\d+)/.exec((await ask(socket, 'INFO server')) ?? '')?.[1]);
  await ask(socket, `CONFIG SET appendfsync ${appendfsync}`);
  return { pid, adopted: true, exited, terminate: () => void ask(socket, 'SHUTDOWN') };
}

async function endStray(pid: number, { dataDir, socket, binary }: ServerOptions): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + PATIENCE_MS;
  while (findStray(dataDir, socket, binary)?.pid === pid) {
    if (Date.now() > deadline) throw new Error(`process ${pid} uses ${dataDir} and does not end: end it first`);
    await delay(POLL_MS);
  }
}

/**
 * Goes to its standard input, quoted by us: Valkey 8.1.1 takes options apart at quotes and backslashes in their values
 * (valkey-io/valkey#2035), and a folder may have any name.
 */
function configurationOf({ dataDir, socket, appendfsync }: ServerOptions): string {
  const settings = {
    unixsocket: socket,
    unixsocketperm: '700',
    'protected-mode': 'yes',
    daemonize: 'no',
    dir: dataDir,
    logfile: join(dataDir, LOG_FILE),
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
    // A nearly idle stream costs 1.3 KB with it, 4.3 KB without.
    'stream-node-max-bytes': '1024',
  };
  const escaped = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value.replace(/["\\\r\n]/g, escaped)}"\n`)
    .join('');
}

/** True once the server serves commands; false while nobody listens, and while it reads its data. */
async function answers(socket: string): Promise<boolean> {
  const answer = await ask(socket, 'PING');
  return answer !== undefined && !answer.startsWith('-LOADING');
}

/** What the server answers to one command; undefined when nobody listens or it does not answer in time. */
async function ask(path: string, command: string): Promise<string | undefined> {
  const socket = await open(path);
  if (socket === undefined) return undefined;
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  socket.write(`${command}\r\nQUIT\r\n`);
  let answer = '';
  try {
    for await (const chunk of socket) answer += chunk;
  } catch {
    return undefined;
  }
  return answer === '' ? undefined : answer;
}

async function open(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return undefined;
    throw error;
  }
}

function lastLines(path: string, from: number): string {
  const lines = readFileSync(path).subarray(from).toString().trimEnd().split('\n').slice(-8).join('\n');
  return lines && `:\n${lines}`;
}
