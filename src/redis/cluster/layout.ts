import type { RedisLink } from '../connection/link.ts';
import { Keys } from '../keys.ts';
import { DEFAULT_TAG } from './tag.ts';

/**
 * Sees to it that nobody's data disappears silently: keys have a tag in a cluster, and none elsewhere, so that what was
 * written the other way would not be found.
 *
 * @throws Error that says what to change
 */
export async function checkLayout(link: RedisLink, keyPrefix: string): Promise<void> {
  if (link.isCluster && /[{}]/.test(keyPrefix)) {
    throw new Error(`KEY_PREFIX was "${keyPrefix}"; in a cluster it must have no { and }, which decide where a key is`);
  }
  const here = link.isCluster ? 'a cluster' : 'no cluster';
  const other = new Keys(link.isCluster ? keyPrefix : keyPrefix + DEFAULT_TAG).meta();
  const isThere = await link.has(other).catch(async (error: Error) => {
    // Its shard is away. Where there is data of our own, somebody has looked before.
    if (link.isCluster && (await link.has(new Keys(keyPrefix + DEFAULT_TAG).meta()))) return false;
    throw new Error(
      `it could not be seen whether there is data of the other layout (the key ${other}): ${error.message}`,
    );
  });
  if (!isThere) return;
  throw new Error(
    `Redis has data that was written ${link.isCluster ? 'outside of a cluster' : 'in a cluster'} (the key ${other}), and this is ${here}: ` +
      'the service would not find it. Move the data, or set another KEY_PREFIX to begin without it',
  );
}
