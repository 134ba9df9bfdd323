import Type from 'typebox';
import { component } from '../../http/openapi/component.ts';

export const Health = component('Health', {
  description: 'The process is up.',
  properties: { status: Type.Literal('ok') },
  examples: [{ status: 'ok' }],
});

export const Readiness = component('Readiness', {
  description: 'Whether the service can do its work, and if not, why.',
  properties: {
    status: Type.Unsafe<'ready' | 'not_ready'>({ type: 'string', enum: ['ready', 'not_ready'] }),
    reasons: Type.Array(Type.String({ description: 'What is wrong.' })),
    away: Type.Optional(
      Type.Array(Type.String({ description: 'A partition of the cluster.' }), {
        description: 'In a cluster with spaces: the partitions whose spaces get 503. The others are served.',
      }),
    ),
  },
  examples: [{ status: 'ready', reasons: [] }],
});
