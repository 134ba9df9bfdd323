import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { BucketPlace } from '../../src/config/files.ts';

/** A server that speaks the protocol of S3, with a bucket in a folder of its own. It takes this key alone. */
export async function startBucket() {
  const directory = mkdtempSync(join(tmpdir(), 'redisim-bucket-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: 'files', configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  process.env.AWS_ACCESS_KEY_ID = 'S3RVER';
  process.env.AWS_SECRET_ACCESS_KEY = 'S3RVER';
  const place: BucketPlace = {
    kind: 'bucket',
    bucket: 'files',
    prefix: 'im/',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
  };
  return {
    place,
    /** Where it keeps objects. */
    folder: join(directory, 'files'),
    stop: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
