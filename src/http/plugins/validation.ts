import AjvCompiler, { type BuildCompilerFromPool } from '@fastify/ajv-compiler';

/**
 * An unknown member is a mistake that the caller should hear of. `verbose`: an error knows its schema, whose example is
 * told. Nothing is converted: a number where a string belongs is refused, and a parameter that is given twice stays a
 * list, and is refused too.
 */
const OPTIONS = { removeAdditional: false, useDefaults: true, verbose: true, coerceTypes: false } as const;

/**
 * How many members and items, at whatever depth, something may have for all its mistakes to be looked for. For each wrong
 * item Ajv copies all errors found so far: that takes the square of their number, which was minutes for a large body.
 */
const MAX_VALUES_FOR_ALL_ERRORS = 1_000;

/**
 * How a query string says a whole number. Not left to Ajv, which takes "Infinity" for an integer and then does not
 * compare it with the maximum.
 */
const WHOLE_NUMBER = /^(0|-?[1-9][0-9]{0,14})$/;

type Compile = ReturnType<BuildCompilerFromPool>;
type Validate = ReturnType<Compile>;

/**
 * The validators of all routes: each is made when it is first needed, and what tells all mistakes when something is
 * wrong. The work of one is bounded by the size of what it validates: it stops at the first mistake, and looks for all
 * only where there can't be many.
 */
export function validatorsOfServer(): BuildCompilerFromPool {
  // Fastify asks for a compiler for each route anew; the pool gives all that know the same named schemas one Ajv.
  const pool = AjvCompiler();
  return (externalSchemas, options) => {
    const compile = (route: object, more: object) =>
      pool(externalSchemas, { ...options, customOptions: { ...OPTIONS, ...more } } as typeof options)(route as never);
    return ((route: { httpPart?: string; schema?: object }) => {
      const validate = tellingAll(
        () => compile(route, { allErrors: false }),
        () => compile(route, { allErrors: true }),
      );
      return route.httpPart === 'querystring' ? readingNumbers(validate, wholeNumbersOf(route.schema ?? {})) : validate;
    }) as Compile;
  };
}

/** Validates with `first`, and if something is wrong with a value that is small, with what tells all its mistakes. */
function tellingAll(makeFirst: () => Validate, makeThorough: () => Validate): Validate {
  let first: Validate | undefined;
  let thorough: Validate | undefined;
  const telling = (value: unknown) => {
    first ??= makeFirst();
    if (first(value)) return true;
    telling.errors = first.errors;
    if (hasAtMost(MAX_VALUES_FOR_ALL_ERRORS, value)) {
      thorough ??= makeThorough();
      thorough(value);
      telling.errors = thorough.errors;
    }
    return false;
  };
  telling.errors = null as Validate['errors'];
  return telling as unknown as Validate;
}

/** Whether a value has no more members and items than that, in itself and in all that is in it. */
function hasAtMost(limit: number, value: unknown): boolean {
  const unseen = [value];
  let count = 0;
  while (unseen.length > 0) {
    const current = unseen.pop();
    if (typeof current !== 'object' || current === null) continue;
    const inner = Array.isArray(current) ? current : Object.values(current);
    count += inner.length;
    if (count > limit) return false;
    unseen.push(...inner);
  }
  return true;
}

function wholeNumbersOf({ properties = {} }: { properties?: Record<string, { type?: unknown }> }): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer');
}

/** Reads the whole numbers of a query, which is text, before it is validated. */
function readingNumbers(validate: Validate, names: string[]): Validate {
  const reading = (query: Record<string, unknown>) => {
    for (const name of names) {
      const text = query[name];
      if (typeof text === 'string' && WHOLE_NUMBER.test(text)) query[name] = Number(text);
    }
    const isValid = validate(query);
    reading.errors = validate.errors;
    return isValid;
  };
  reading.errors = validate.errors;
  return reading as unknown as Validate;
}
