import { SignJWT } from 'jose';
import type { Service } from './service.ts';

export const ADMIN_KEY = 'admin-key-0123456789';
/** Settings of a service that has spaces. */
export const SPACES_ON = { spaces: true, adminKeys: [ADMIN_KEY] };

/** A space as its own backend sees it. */
export type TestSpace = Awaited<ReturnType<typeof makeSpace>>;

/** Makes a space, with users that have their uid as name. */
export async function makeSpace(service: Service, name: string, setUp: object = {}, ...people: string[]) {
  const { body } = await service.with(ADMIN_KEY).put(`/v1/spaces/${name}`, setUp).expect(201);
  const { serverKey } = body as { serverKey: string };
  const server = service.with(serverKey);
  for (const uid of people) await server.put(`/v1/users/${uid}`, { fields: { name: `${uid} of ${name}` } }).expect(201);
  const tokenOf = async (uid: string): Promise<string> =>
    (await server.post('/v1/tokens', { uid }).expect(201)).body.token;
  return {
    name,
    serverKey,
    server,
    tokenOf,
    user: async (uid: string) => service.with(await tokenOf(uid)),
    say: async (from: string, to: string, text: string) =>
      (await server.post(`/v1/users/${from}/conversations/${to}/messages`, { fields: { text } }).expect(201)).body,
    texts: async (uid: string): Promise<string[]> =>
      (await server.get(`/v1/users/${uid}/inbox`).expect(200)).body.items.map(
        ({ fields }: { fields: { text?: string } }) => fields.text,
      ),
  };
}

/** A token with any claims. */
export function sign(claims: Record<string, unknown>, secret: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(secret));
}
