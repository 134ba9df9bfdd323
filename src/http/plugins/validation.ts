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
 * Makes the validators of all routes. The work of one is bounded by the size of what it validates: it stops at the first
 * mistake, and looks for all only where there can't be many.
 */
export const buildValidator: BuildCompilerFromPool = (externalSchemas, options) => {
  const compilerWith = (more: object) =>
    AjvCompiler()(externalSchemas, { ...options, customOptions: { ...OPTIONS, ...more } } as typeof options);
  const compile = compilerWith({ allErrors: false });
  // Most routes never need it: neither it nor its validators are made before something is wrong.
  let compileThorough: Compile | undefined;
  return ((route: { httpPart?: string; schema?: object }) => {
    const validate = tellingAll(compile(route as never), () => {
      compileThorough ??= compilerWith({ allErrors: true });
      return compileThorough(route as never);
    });
    return route.httpPart === 'querystring' ? readingNumbers(validate, wholeNumbersOf(route.schema ?? {})) : validate;
  }) as Compile;
};

/** Validates with `first`, and if something is wrong with a value that is small, with what tells all its mistakes. */
function tellingAll(first: Validate, makeThorough: () => Validate): Validate {
  let thorough: Validate | undefined;
  const telling = (value: unknown) => {
    if (first(value)) return true;
    telling.errors = first.errors;
    if (hasAtMost(MAX_VALUES_FOR_ALL_ERRORS, value)) {
      thorough ??= makeThorough();
      thorough(value);
      telling.errors = thorough.errors;
    }
    return false;
  };
  telling.errors = first.errors;
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
