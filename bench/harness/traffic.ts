import type { Sample } from './compare.ts';
import type { Load } from './load.ts';
import { cpuPerUnit, type Processes } from './measure.ts';
import type { PostTask } from './post.ts';
import type { Service } from './service.ts';

/** What people write. */
export const TEXT = 'Shall we meet at noon, where we met the last time?';

/** Direct messages of `senders` users, each to another one of `users`, with a token for each sender. */
export async function directSends(
  service: Service,
  { senders, users }: { senders: number; users: number },
): Promise<PostTask['requests']> {
  return Promise.all(
    Array.from({ length: senders }, async (_, i) => {
      const uid = Math.floor((i * users) / senders);
      return {
        path: `/v1/users/me/conversations/user:u${(uid + 1) % users}/messages`,
        token: await service.token(`u${uid}`),
        body: `{"fields":{"text":"${TEXT}"},"clientMessageId":"bench-{n}"}`,
      };
    }),
  );
}

/** Posts, and tells how many a second, and the CPU time of each; `unitsPerRequest` where one request carries several. */
export async function measurePosts(
  load: Load,
  processes: Processes,
  task: PostTask,
  unitsPerRequest = 1,
): Promise<Sample> {
  let perSecond = 0;
  const cpu = await cpuPerUnit(processes, async () => {
    const { requests, ms, failures, failure } = await load.do('post', task);
    if (failures > 0) throw new Error(`${failures} of ${requests} requests failed: ${failure}`);
    perSecond = (requests * unitsPerRequest * 1_000) / ms;
    return requests * unitsPerRequest;
  });
  return { perSecond, ...cpu };
}
