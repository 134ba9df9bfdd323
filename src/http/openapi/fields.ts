import type { Fields as FieldMap } from '../../domain/entries.ts';
import { MAX_FIELD_NAME, MAX_FIELDS } from '../../domain/fields.ts';
import { named } from './component.ts';

const LIMITS = {
  maxProperties: MAX_FIELDS,
  propertyNames: { minLength: 1, maxLength: MAX_FIELD_NAME },
};
const RULES = `At most ${MAX_FIELDS} fields, names of 1 to ${MAX_FIELD_NAME} characters, 64 KiB of names and values together.`;

/** A flat map of strings. */
export const Fields = named<FieldMap>('Fields', {
  type: 'object',
  description: `A flat map of strings. ${RULES}`,
  ...LIMITS,
  additionalProperties: { type: 'string' },
  examples: [{ text: 'hi' }],
});

/** What a message says. */
export const MessageFields = named<FieldMap>('MessageFields', {
  type: 'object',
  description: `What a message says: a flat map of strings, at least one. ${RULES}`,
  ...LIMITS,
  minProperties: 1,
  additionalProperties: { type: 'string' },
  examples: [{ text: 'hi' }],
});

/** A change of fields. */
export const FieldsPatch = named<Record<string, string | null>>('FieldsPatch', {
  type: 'object',
  description: `Fields to set; null removes one. ${RULES}`,
  ...LIMITS,
  additionalProperties: { type: ['string', 'null'] },
  examples: [{ name: 'Alice B.', avatar: null }],
});
