import AjvCompiler, { type BuildCompilerFromPool } from '@fastify/ajv-compiler';

/**
 * An unknown member is a mistake that the caller should hear of; all mistakes are told at once. `verbose`: an error knows
 * its schema, whose example is told. Nothing is converted: a number where a string belongs is refused, and a parameter
 * that is given twice stays a list, and is refused too.
 */
const OPTIONS = {
  removeAdditional: false,
  useDefaults: true,
  allErrors: true,
  verbose: true,
  coerceTypes: false,
} as const;

/**
 * How a query string says a whole number. Not left to Ajv, which takes "Infinity" for an integer and then does not
 * compare it with the maximum.
 */
const WHOLE_NUMBER = /^(0|-?[1-9][0-9]{0,14})$/;

type Compile = ReturnType<BuildCompilerFromPool>;
type Validate = ReturnType<Compile>;

/** Makes the validators of all routes. */
export const buildValidator: BuildCompilerFromPool = (externalSchemas, options) => {
  const compile = AjvCompiler()(externalSchemas, { ...options, customOptions: OPTIONS } as typeof options);
  return ((route: { httpPart?: string; schema?: object }) => {
    const validate = compile(route as never);
    return route.httpPart === 'querystring' ? readingNumbers(validate, wholeNumbersOf(route.schema ?? {})) : validate;
  }) as Compile;
};

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
