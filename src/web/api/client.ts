import { type Client, type components, createClient, type Group } from '@redisim/client';

export type { Conversation, components, Group, Member, Message } from '@redisim/client';
export { ApiError, all } from '@redisim/client';
export type JoinRequest = components['schemas']['JoinRequest'];
export type Demo = components['schemas']['Demo'];
export type JoinPolicy = Group['joinPolicy'];

/** Who is logged in; what every call carries. */
export interface Session {
  uid: string;
  token: string;
}

/** Calls of the service as this user. */
export type Api = Client;

/** @param token absent for what anybody may call */
export function createApi(token?: string): Api {
  return createClient({ url: location.origin, token });
}

/** What a call answers with. @throws ApiError */
export function ask<Data>(call: Promise<Data>): Promise<Data> {
  return call;
}
