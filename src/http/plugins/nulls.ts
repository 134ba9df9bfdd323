import type { BuildCompilerFromPool } from '@fastify/ajv-compiler';

/**
 * Generated clients of some languages send every optional member that is not set as null. Such a member counts as
 * absent: it is taken out before the body is validated, so that the document has no unions with null.
 */

/** As much of a JSON schema as is looked at. */
interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  maxItems?: number;
}

type Strip = (value: unknown) => void;
type Compile = ReturnType<BuildCompilerFromPool>;
type Validate = ReturnType<Compile>;

/** Makes validators that take a body's null in place of an optional member as its absence. */
export function withoutNulls(build: BuildCompilerFromPool): BuildCompilerFromPool {
  return (externalSchemas, options) => {
    const compile = build(externalSchemas, options);
    return ((route: { httpPart?: string; schema: Schema }) => {
      const validate = compile(route as never);
      const strip = route.httpPart === 'body' ? stripperOf(route.schema, externalSchemas as never) : undefined;
      return strip ? stripping(strip, validate) : validate;
    }) as Compile;
  };
}

function stripping(strip: Strip, validate: Validate): Validate {
  const stripped = (body: unknown) => {
    strip(body);
    const outcome = validate(body);
    stripped.errors = validate.errors;
    return outcome;
  };
  stripped.errors = validate.errors;
  return stripped as unknown as Validate;
}

/** What takes the nulls out of a value of this schema; undefined where nothing is optional, as in a map of fields. */
function stripperOf(schema: Schema, named: Record<string, Schema>): Strip | undefined {
  if (schema.$ref !== undefined) return stripperOf(named[schema.$ref.replace('#', '')]!, named);
  if (schema.items) return stripperOfItems(stripperOf(schema.items, named), schema.maxItems);
  const { properties = {}, required = [] } = schema;
  const optional = Object.keys(properties).filter((name) => !required.includes(name) && !takesNull(properties[name]!));
  const inside = Object.keys(properties).flatMap((name) => {
    const strip = stripperOf(properties[name]!, named);
    return strip ? [{ name, strip }] : [];
  });
  if (optional.length === 0 && inside.length === 0) return undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const object = value as Record<string, unknown>;
    for (const name of optional) if (object[name] === null) delete object[name];
    for (const { name, strip } of inside) strip(object[name]);
  };
}

/** Where null says something of its own, as in "until no time". */
function takesNull({ type = [] }: Schema): boolean {
  return [type].flat().includes('null');
}

/** A list that is longer than it may be is refused anyway. */
function stripperOfItems(strip: Strip | undefined, maxItems = Infinity): Strip | undefined {
  if (!strip) return undefined;
  return (value) => {
    if (Array.isArray(value) && value.length <= maxItems) value.forEach(strip);
  };
}
