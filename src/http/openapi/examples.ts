/** As much of an OpenAPI document as is looked at here. */
interface Document {
  paths?: Record<string, Record<string, { requestBody?: Body; responses?: Record<string, Body> }>>;
  components?: { schemas?: Record<string, { examples?: unknown[] }>; examples?: Record<string, unknown> };
}
type Body = { content?: Record<string, Media> };
type Media = { schema?: { $ref?: string }; example?: unknown; examples?: Record<string, unknown> };

/**
 * Gives every request and response an example, each written once. Where one is a named schema, the schema's first
 * example is shown, since tools look for it there. Named examples, the same in many places, become components.
 */
export function withExamples<Openapi extends object>(openapi: Openapi): Openapi {
  const document = openapi as Document;
  const components = document.components ?? {};
  document.components = components;
  const named: Record<string, unknown> = {};
  for (const media of mediaOf(document)) {
    if (media.examples) {
      Object.assign(named, media.examples);
      const names = Object.keys(media.examples);
      media.examples = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/examples/${name}` }]));
    } else if (media.example === undefined) {
      const example = components.schemas?.[media.schema?.$ref?.split('/').at(-1) ?? '']?.examples?.[0];
      if (example !== undefined) media.example = example;
    }
  }
  components.examples = { ...components.examples, ...named };
  return openapi;
}

function* mediaOf(document: Document): Generator<Media> {
  for (const path of Object.values(document.paths ?? {})) {
    for (const { requestBody, responses } of Object.values(path)) {
      for (const body of [requestBody, ...Object.values(responses ?? {})]) yield* Object.values(body?.content ?? {});
    }
  }
}
