import Type from 'typebox';
import { component, ref } from '../../http/openapi/component.ts';
import { MessageParams, UidText } from '../../http/openapi/params.ts';
import { REACTION_PATTERN } from '../../http/openapi/patterns.ts';
import { listOf } from '../../http/openapi/responses.ts';
import { ReactionCount } from '../messages/schemas.ts';

const ReactionText = () =>
  Type.String({
    pattern: REACTION_PATTERN,
    description: 'An emoji or a name, of 1 to 32 characters without spaces; percent-encoded in a path.',
    examples: ['👍'],
  });

export const ReactionParams = Type.Object({ ...MessageParams.properties, reaction: ReactionText() });

export const MessageReactions = component('MessageReactions', {
  description: 'What a message was reacted to with.',
  properties: { reactions: Type.Array(ref(ReactionCount), { description: 'In the order in which they came.' }) },
  examples: [{ reactions: [{ reaction: '👍', count: 1, mine: true }] }],
});

const Reactor = component('Reactor', {
  description: 'A person who reacted to a message.',
  properties: {
    uid: UidText('Who.'),
    reactions: Type.Array(Type.String(), { description: 'With what, the earliest first.', examples: [['👍']] }),
  },
  examples: [{ uid: 'bob', reactions: ['👍'] }],
});

export const ReactorList = listOf(Reactor, 'bob');
