import type { FastifyError } from 'fastify';
import type { ErrorCode, FieldError } from '../../domain/errors.ts';
import { MAX_FIELD_NAME } from '../../domain/fields.ts';
import { complaint, wordsFor } from '../openapi/patterns.ts';

/** Errors of the same request that are told at most. */
const MAX_ERRORS = 20;
/** A caller's own text is shown to them, but not all of half a megabyte. */
const MAX_SHOWN = 100;
/** Of a caller's own fields so many are shown in an example, if they are so short. */
const MAX_FIELDS_SHOWN = 3;
const MAX_FIELD_SHOWN = 40;

type Validation = NonNullable<FastifyError['validation']>;

/** As much as is used of what Ajv tells, `verbose`, of a mistake. */
interface Mistake {
  keyword: string;
  params: {
    additionalProperty?: string;
    propertyName?: string;
    missingProperty?: string;
    allowedValues?: unknown[];
    pattern?: string;
    type?: string;
  };
  message?: string;
  data?: unknown;
  parentSchema?: { properties?: Record<string, unknown>; examples?: unknown[] };
}

/** What is wrong with a request that does not fit its schema: where, and in words what to change. */
export function complaints(validation: Validation, context: string): FieldError[] {
  // What is wrong with a member's name is told once, by the schema of the whole.
  const told = validation.filter((mistake) => !('propertyName' in mistake)).slice(0, MAX_ERRORS);
  return told.map((mistake) => ({
    path: shorten(`${context}${mistake.instancePath}`),
    message: messageOf(mistake as Mistake, context === 'querystring' ? 'parameter' : 'member'),
  }));
}

/** The code of the error that a request is answered with. */
export function codeOf([first]: Validation): ErrorCode {
  return wordsFor((first as Mistake).params.pattern ?? '')?.code ?? 'invalid_request';
}

function messageOf(mistake: Mistake, kind: 'member' | 'parameter'): string {
  const { keyword, params, message = 'is not valid', data, parentSchema: schema = {} } = mistake;
  const example = schema.examples?.[0];
  const shown =
    example === undefined ? '' : `, for example ${typeof example === 'string' ? example : JSON.stringify(example)}`;
  switch (keyword) {
    case 'pattern':
      return complaint(params.pattern!, String(data), example);
    case 'enum':
      return `must be one of: ${params.allowedValues!.join(', ')}`;
    case 'type':
      return params.type === 'object' ? `Send a JSON object${shown}` : message;
    case 'format':
      return `must be a date and a time with its zone${shown}`;
    case 'minProperties':
      return `needs at least one ${schema.properties ? 'member' : 'field'}${shown}`;
    case 'required':
      return `has no "${params.missingProperty}": ${params.missingProperty === 'fields' ? `send ${fieldsOf(data, schema)}` : `it is needed${shown}`}`;
    case 'additionalProperties':
      return unknown(params.additionalProperty!, data, schema, kind);
    case 'propertyNames':
      return `has a member with the name "${shorten(params.propertyName!)}"; names have 1 to ${MAX_FIELD_NAME} characters`;
    default:
      return message;
  }
}

/** Names by which others know the same thing. */
const SYNONYMS = [
  ['limit', 'count', 'size', 'max', 'per_page', 'pageSize', 'page_size'],
  ['start', 'after', 'cursor', 'next', 'since', 'from', 'offset', 'page'],
  ['before', 'until'],
  ['block', 'timeout', 'wait'],
  ['ids', 'id', 'uids', 'uid'],
  ['clientMessageId', 'client_message_id', 'messageId', 'id'],
];

function unknown(name: string, data: unknown, schema: NonNullable<Mistake['parentSchema']>, kind: string): string {
  const known = Object.keys(schema.properties ?? {});
  const told = `has an unknown ${kind} "${shorten(name)}"`;
  const alike = known.find(
    (one) =>
      one.toLowerCase() === name.toLowerCase() || SYNONYMS.some((names) => names.includes(one) && names.includes(name)),
  );
  if (alike !== undefined) return `${told}: use "${alike}"`;
  if (known.includes('fields') && !Object.hasOwn(data as object, 'fields')) {
    return `${told}: send ${fieldsOf(data, schema)}`;
  }
  return `${told}: it takes ${known.join(', ')}`;
}

/** A body whose `fields` are what the caller put beside them, if that is short and simple, or else the schema's example. */
function fieldsOf(data: unknown, schema: NonNullable<Mistake['parentSchema']>): string {
  const given: Record<string, string> = {};
  let count = 0;
  for (const name in data as object) {
    const value = (data as Record<string, unknown>)[name];
    if (schema.properties && Object.hasOwn(schema.properties, name)) continue;
    count += 1;
    if (count > MAX_FIELDS_SHOWN || typeof value !== 'string' || name.length + value.length > MAX_FIELD_SHOWN) {
      count = 0;
      break;
    }
    given[name] = value;
  }
  const { fields } = (schema.examples?.[0] ?? {}) as { fields?: unknown };
  return JSON.stringify({ fields: count > 0 ? given : fields });
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
