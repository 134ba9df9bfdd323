import type { PostTask } from './post.ts';
import type { Service } from './service.ts';

/** Direct messages of `senders` users to each other and to the others, with a token for each sender. */
export async function directSends(
  service: Service,
  { senders, users }: { senders: number; users: number },
): Promise<PostTask['requests']> {
  return Promise.all(
    Array.from({ length: senders }, async (_, i) => ({
      path: `/v1/users/me/conversations/user:u${(i * 7_919 + 1) % users}/messages`,
      token: await service.token(`u${i}`),
      body: '{"fields":{"text":"Shall we meet at noon, where we met the last time?"},"clientMessageId":"bench-{n}"}',
    })),
  );
}
