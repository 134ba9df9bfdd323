import type { Demo, Session } from './client.ts';
import { ApiError, createApi } from './client.ts';
import { demoSecret } from './demo.svelte.ts';

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

/** Whether one may sign in with a mere name here, and whether that takes the secret of the link in the terminal. */
export async function askForDemo(): Promise<Demo> {
  return createApi()
    .GET('/v1/demo')
    .catch(() => ({ login: false, needsSecret: false }));
}

/** @throws ApiError; the secret is forgotten where it is not the service's */
export async function loginByName(name: string): Promise<Session> {
  const secret = demoSecret.value;
  const body = { name, ...(secret === undefined ? {} : { secret }) };
  try {
    const { uid, token } = await createApi().POST('/v1/demo/login', { body });
    return { uid, token };
  } catch (error) {
    if ((error as ApiError).code === 'demo_secret_needed') demoSecret.forget();
    throw error;
  }
}

/** Whose a token is, is written in it; whether it is good, the service says. @throws ApiError */
export async function loginByToken(text: string): Promise<Session> {
  const token = text.trim();
  const { ticket } = await createApi(token).POST('/v1/users/{uid}/tickets', { params: { path: { uid: 'me' } } });
  const payload = ticket.split('.')[1] ?? '';
  const { sub } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { sub?: string };
  if (!sub) throw new ApiError(401, { code: 'unauthorized', detail: 'The token names nobody.' });
  return { uid: sub, token };
}
