import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A folder that this process alone uses. */
export interface FolderLock {
  release(): Promise<void>;
}

/** The longest file name made here; a socket's path has little room. */
export const LOCK_NAME_LENGTH = 'node-12345678.sock'.length;

const LOCK_NAME = /^node-[0-9a-f]{8}\.sock$/;
const ATTEMPTS = 5;

/**
 * Takes a folder for this process, or returns undefined when another live process has it.
 *
 * Every candidate listens on a socket with a name of its own, then looks for the others: one that can be connected to
 * belongs to a live process, and the candidate gives way; one that cannot was left by a dead process and is removed.
 * Whoever of two came second looks after both are there, so two never win. The kernel closes the sockets of a process
 * however it ends, so no lock is ever stale; unlike a process id this also holds between containers on one volume.
 */
export async function lockFolder(folder: string): Promise<FolderLock | undefined> {
  for (let attempt = 1; ; attempt++) {
    const own = await listen(folder);
    let isFree = false;
    try {
      isFree = !(await hasOther(folder, own.name));
    } finally {
      if (!isFree) await own.release();
    }
    if (isFree) return own;
    if (attempt === ATTEMPTS) return undefined;
    // Two that started at the same moment have both given way: try again, not at the same moment.
    await delay(20 + Math.random() * 80);
  }
}

async function listen(folder: string): Promise<FolderLock & { name: string }> {
  const id = randomBytes(4).toString('hex');
  const name = `node-${id}.sock`;
  // Between bind and listen a socket refuses connections and would be taken for a dead one's: it gets its name after.
  const draft = join(folder, `node-${id}.new`);
  const server: Server = createServer((socket) => socket.destroy()).listen(draft);
  await once(server, 'listening');
  await rename(draft, join(folder, name));
  return {
    name,
    async release() {
      await rm(join(folder, name), { force: true });
      server.close();
      await once(server, 'close');
    },
  };
}

async function hasOther(folder: string, own: string): Promise<boolean> {
  for (const name of await readdir(folder)) {
    if (name === own || !LOCK_NAME.test(name)) continue;
    if (await isAlive(join(folder, name))) return true;
    await rm(join(folder, name), { force: true });
  }
  return false;
}

/** Only a refusal, or a name that has just gone, proves that nobody listens; any other trouble is thrown. */
async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It listens, and has stopped accepting with its queue full; or it has just been closed, and tries again perhaps.
    if (code === 'EAGAIN' || code === 'ECONNRESET') return true;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
