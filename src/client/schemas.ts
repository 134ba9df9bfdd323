import type { components } from './generated/api.ts';

type Schemas = components['schemas'];

export type Conversation = Schemas['Conversation'];
export type Gap = Schemas['Gap'];
export type Group = Schemas['Group'];
export type Member = Schemas['Member'];
export type Message = Schemas['Message'];
export type Problem = Schemas['Problem'];
export type StreamEvent = Schemas['StreamEvent'];
export type User = Schemas['User'];
