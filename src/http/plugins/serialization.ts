import SerializerSelector, { type Serializer, type SerializerFactory } from '@fastify/fast-json-stringify-compiler';

/**
 * The serializers of all routes' answers: each is made when it is first needed, those that answer alike only once (most
 * answers of most routes are the same few problems), and each from the named schemas that it refers to alone: a compiler
 * checks and registers all that it is given, each time. A name means the same schema on the whole server.
 */
export function serializersOfServer(): SerializerFactory {
  const made = new Map<string, Serializer>();
  // Fastify asks for a compiler for each route anew.
  return (externalSchemas, options) => (route) => {
    const make = () => {
      const text = JSON.stringify(route.schema);
      const named = externalSchemas as Record<string, object>;
      const known = made.get(text) ?? SerializerSelector()(referredTo(text, named), options)(route);
      made.set(text, known);
      return known;
    };
    let serializer: Serializer | undefined;
    return (doc) => {
      serializer ??= make();
      return serializer(doc);
    };
  };
}

/** The named schemas that a schema refers to, and those that these refer to. */
function referredTo(text: string, named: Record<string, object>, found: Record<string, object> = {}): object {
  for (const [, name] of text.matchAll(/"\$ref":"([^"#]+)#/g)) {
    if (name! in found) continue;
    found[name!] = named[name!]!;
    referredTo(JSON.stringify(named[name!]), named, found);
  }
  return found;
}
