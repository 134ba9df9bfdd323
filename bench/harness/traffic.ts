import type { Sample } from './compare.ts';
import type { Load } from './load.ts';
import { cpuPerUnit, type Processes } from './measure.ts';
import type { PostTask } from './post.ts';
import { API_KEY, type Service } from './service.ts';
import type { SubscribeTask } from './streams.ts';

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

/** A direct message of each user to the next one, which carries when it was sent. */
export function timedSends(users: readonly string[]): PostTask['requests'] {
  return users.map((uid, i) => ({
    path: `/v1/users/${uid}/conversations/user:${users[(i + 1) % users.length]}/messages`,
    token: API_KEY,
    body: `{"fields":{"text":"${TEXT}","at":"{at}"}}`,
  }));
}

/** The inbox streams of users, as the server opens them. */
export function inboxStreams(users: readonly string[]): SubscribeTask['streams'] {
  return users.map((uid) => ({ path: `/v1/users/${uid}/inbox/stream`, token: API_KEY }));
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
