import Type from 'typebox';
import { SPACE_PATTERN, type SpaceName } from '../../domain/spaces.ts';
import { component, input, named } from '../../http/openapi/component.ts';
import { TimeText } from '../../http/openapi/params.ts';
import { URL_PATTERN } from '../../http/openapi/patterns.ts';
import { listOf } from '../../http/openapi/responses.ts';
import type { SpaceRecord } from './space-record.ts';
import type { Space as SpaceRules } from './spaces.ts';

const NameText = (description: string) =>
  Type.Unsafe<SpaceName>(Type.String({ pattern: SPACE_PATTERN, description, examples: ['acme'] }));

export const SpaceParams = Type.Object({ space: NameText('A space: lower case letters, digits and -.') });

const Limits = Type.Object(
  {
    users: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'How many users it may have.', examples: [500] }),
    ),
    sendsPerSecond: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'How many messages a second may be sent, on each node.',
        examples: [50],
      }),
    ),
  },
  { additionalProperties: false, description: 'What it may have; what is absent is unlimited.' },
);

const Jwks = Type.Object(
  {
    url: Type.String({
      pattern: URL_PATTERN,
      maxLength: 2_048,
      description: 'Where its keys are.',
      examples: ['https://id.acme.example/.well-known/jwks.json'],
    }),
    issuer: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'The `iss` of its tokens.',
      examples: ['https://id.acme.example/'],
    }),
    audience: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'The `aud` of its tokens.',
      examples: ['chat'],
    }),
  },
  { additionalProperties: false, description: 'An outside issuer of user tokens, which are then the only ones.' },
);

export const SpaceInput = input('SpaceInput', {
  description: 'How a space is to be set up; what is absent is none.',
  properties: {
    limits: Type.Optional(Limits),
    jwtSecret: Type.Optional(
      Type.String({
        minLength: 32,
        maxLength: 1_024,
        description:
          'Signs user tokens (HS256), which carry the claim `space`. Never told again. Without it the service makes its own.',
        examples: ['a secret of acme, 32 bytes or more'],
      }),
    ),
    jwks: Type.Optional(Jwks),
  },
  examples: [{ limits: { users: 500, sendsPerSecond: 50 } }],
});

const StateText = named<SpaceRecord['state']>('SpaceState', {
  type: 'string',
  enum: ['active', 'paused', 'removing'] satisfies SpaceRecord['state'][],
  description: 'A paused one answers 503; one that is being removed 410.',
  examples: ['active'],
});

const TokensByText = named<SpaceRules['tokensBy']>('TokensBy', {
  type: 'string',
  enum: ['service', 'jwtSecret', 'jwks'] satisfies SpaceRules['tokensBy'][],
  description: 'Who signs the tokens of its users.',
  examples: ['service'],
});

const spaceProperties = {
  space: NameText('Its name.'),
  state: StateText,
  createdAt: TimeText('When it was made.'),
  limits: Limits,
  tokensBy: TokensByText,
  jwks: Type.Optional(Jwks),
};
const example = {
  space: 'acme' as SpaceName,
  state: 'active' as const,
  createdAt: '2025-11-23T12:18:31.455Z',
  limits: { users: 500, sendsPerSecond: 50 },
  tokensBy: 'service' as const,
};

export const Space = component('Space', {
  description: 'A space: users, groups and messages of its own.',
  properties: spaceProperties,
  examples: [example],
});

export const NewSpace = component('NewSpace', {
  description: 'A space that was made.',
  properties: {
    ...spaceProperties,
    serverKey: Type.String({ description: 'Its server key: told here, and never again.' }),
  },
  examples: [{ ...example, serverKey: 'acme.4tB…' }],
});

export const SpaceList = listOf(Space, 'acme');

export const ServerKeyInput = input('ServerKeyInput', {
  description: 'How the former server key ends.',
  properties: {
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        description: 'How long the former key stays good, s. 86400, a day, if absent.',
      }),
    ),
  },
  examples: [{ graceSeconds: 3_600 }],
});

export const ServerKey = component('ServerKey', {
  description: 'A new server key.',
  properties: {
    serverKey: Type.String({ description: 'The key: told here, and never again.' }),
    formerKeyUntil: TimeText('Until when the key before it is good.'),
  },
  examples: [{ serverKey: 'acme.4tB…', formerKeyUntil: '2025-11-24T12:18:31.455Z' }],
});
