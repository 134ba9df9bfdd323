import AjvCompiler, { type BuildCompilerFromPool } from '@fastify/ajv-compiler';

/**
 * An unknown member is a mistake that the caller should hear of; all mistakes are told at once. `verbose`: an error knows
 * its schema, whose example is told.
 */
const COMMON = { removeAdditional: false, useDefaults: true, allErrors: true, verbose: true } as const;

/**
 * Bodies are taken as they are: a number where a string belongs is refused. Query strings and path parameters are text,
 * so that numbers in them are converted; a parameter that is given twice stays a list, and is refused.
 */
export const buildValidator: BuildCompilerFromPool = (externalSchemas, options) => {
  const build = AjvCompiler();
  const compilerWith = (coerceTypes: boolean) =>
    build(externalSchemas, { ...options, customOptions: { ...COMMON, coerceTypes } } as typeof options);
  const asItIs = compilerWith(false);
  const converted = compilerWith(true);
  return ((route: { httpPart?: string }) =>
    (route.httpPart === 'body' ? asItIs : converted)(route as never)) as typeof asItIs;
};
