import Type, { type Static, type TSchema } from 'typebox';
import type { ErrorCode } from '../../domain/errors.ts';
import { component, ref } from './component.ts';
import { problems } from './problem.ts';

/**
 * The responses of a route: what it answers when all goes well, and the errors of its own. Those that every route of
 * its kind has are added where `config.access` is read. The type is that of the good answers: handlers throw the others.
 */
export function responses<Good extends Record<number, TSchema>>(good: Good, ...codes: ErrorCode[]): Good {
  return { ...good, ...problems(...codes) };
}

/** A good answer: a named schema, and what it means here. */
export function answer<Schema extends TSchema & { $id: string }>(schema: Schema, description: string) {
  return { ...ref(schema), description };
}

/** The answer to a removal: 204, no body. */
export function nothing(description: string) {
  return Type.Null({ description });
}

/** A named schema of a page of a list, whose `next` is passed on in a parameter. */
export function listOf<Item extends TSchema & { $id: string }>(item: Item, next: string, parameter = 'as `after`') {
  const example = (item as { examples?: Static<Item>[] }).examples![0]!;
  return component(`${item.$id}List`, {
    description: `A page of a list of ${item.$id}.`,
    properties: {
      items: Type.Array(ref(item)),
      next: Type.Optional(
        Type.String({
          description: `Pass it ${parameter} for the following page; absent on the last.`,
          examples: [next],
        }),
      ),
    },
    examples: [{ items: [example], next }],
  });
}
