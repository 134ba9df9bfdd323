import type { Session } from './client.ts';
import { ApiError, ask, createApi } from './client.ts';

const KEY = 'redisim.session';

/** The session that this browser keeps, if there is one. */
export function keptSession(): Session | undefined {
  const text = localStorage.getItem(KEY);
  return text === null ? undefined : (JSON.parse(text) as Session);
}

export function keepSession(session: Session): Session {
  localStorage.setItem(KEY, JSON.stringify(session));
  return session;
}

export function forgetSession(): void {
  localStorage.removeItem(KEY);
}

/** Whether the service lets anybody in who names a name: only a demo does. */
export async function offersDemo(): Promise<boolean> {
  return ask(createApi('').GET('/v1/demo')).then(
    ({ login }) => login,
    () => false,
  );
}

/** @throws ApiError */
export async function loginByName(name: string): Promise<Session> {
  const { uid, token } = await ask(createApi('').POST('/v1/demo/login', { body: { name } }));
  return { uid, token };
}

/** Whose a token is, is written in it; whether it is good, the service says. @throws ApiError */
export async function loginByToken(text: string): Promise<Session> {
  const token = text.trim();
  const { ticket } = await ask(createApi(token).POST('/v1/users/{uid}/tickets', { params: { path: { uid: 'me' } } }));
  const payload = ticket.split('.')[1] ?? '';
  const { sub } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { sub?: string };
  if (!sub) throw new ApiError(401, { detail: 'The token names nobody.' });
  return { uid: sub, token };
}
