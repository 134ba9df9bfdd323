import { Redis } from 'ioredis';
import { EmbeddedRedis } from '../../src/redis/embedded/embedded.ts';

/**
 * A node as a process of its own, for tests that kill it: starts the embedded Redis of the folder in argv and says
 * `started <pid>` or why not. It stops cleanly on SIGTERM, and when the test that started it is gone.
 */
const log = { info() {}, warn() {}, error() {} };
try {
  const redis = await EmbeddedRedis.start({
    dataDir: process.argv[2]!,
    binary: undefined,
    appendfsync: 'everysec',
    log,
  });
  const client = new Redis({ path: redis.socket });
  await client.set('mark', 'from the node');
  client.disconnect();
  const stop = () => redis.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.stdin.resume().once('end', stop);
  console.log(`started ${redis.pid}`);
} catch (error) {
  console.log(String(error));
}
