import Type, { type TUnsafe } from 'typebox';
import { MAX_FIELD_NAME, MAX_FIELDS } from '../../im/fields.ts';
import type { Fields as FieldMap } from '../../im/message.ts';
import { components } from './component.ts';

const LIMITS = {
  maxProperties: MAX_FIELDS,
  propertyNames: { minLength: 1, maxLength: MAX_FIELD_NAME },
};
const RULES = `At most ${MAX_FIELDS} fields, names of 1 to ${MAX_FIELD_NAME} characters, 64 KiB of names and values together.`;

function register<Value>(name: string, schema: object): TUnsafe<Value> {
  components.push({ $id: name, ...schema });
  return Type.Unsafe<Value>({ $ref: `${name}#` });
}

/** A flat map of strings. */
export const Fields = register<FieldMap>('Fields', {
  type: 'object',
  description: `A flat map of strings. ${RULES}`,
  ...LIMITS,
  additionalProperties: { type: 'string' },
  examples: [{ text: 'hi' }],
});

/** A change of fields. */
export const FieldsPatch = register<Record<string, string | null>>('FieldsPatch', {
  type: 'object',
  description: `Fields to set; null removes one. ${RULES}`,
  ...LIMITS,
  additionalProperties: { type: ['string', 'null'] },
  examples: [{ name: 'Alice B.', avatar: null }],
});
