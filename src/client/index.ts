export { all } from './all.ts';
export { ApiError } from './api-error.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export type { Connection, FollowOptions, Signal } from './follow.ts';
export type { components, paths } from './generated/api.ts';
export {
  type Draft,
  MemoryStorage,
  newClientMessageId,
  type Outbox,
  type OutboxOptions,
  type OutboxStorage,
  type Outgoing,
  type OutgoingChange,
} from './outbox.ts';
export type { Token } from './requests.ts';
export type { Conversation, Gap, Group, Member, Message, Problem, User } from './schemas.ts';
