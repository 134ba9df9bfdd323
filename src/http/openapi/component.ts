import Type, {
  type Static,
  type TObject,
  type TObjectOptions,
  type TProperties,
  type TSchema,
  type TUnsafe,
} from 'typebox';

/** A named schema: `#/components/schemas/<name>` in the OpenAPI document. */
export type Component<Properties extends TProperties> = TObject<Properties> & { $id: string };

/** All named schemas, in the order in which they were made; `app.ts` adds them to Fastify. */
export const components: { $id: string }[] = [];

/** Makes a named schema of an object that is answered. It may get more members later, so that none are forbidden. */
export function component<Properties extends TProperties>(
  name: string,
  { properties, ...options }: TObjectOptions & { properties: Properties },
): Component<Properties> {
  const schema = Type.Object(properties, { ...options, $id: name }) as Component<Properties>;
  components.push(schema);
  return schema;
}

/** Makes a named schema of an object that is sent. A member that is not listed is a mistake to be told. */
export function input<Properties extends TProperties>(
  name: string,
  options: TObjectOptions & { properties: Properties },
): Component<Properties> {
  return component(name, { ...options, additionalProperties: false });
}

/** Makes a named schema of anything else, such as an enumeration, and answers a use of it. */
export function named<Value>(name: string, schema: object): TUnsafe<Value> {
  components.push({ $id: name, ...schema });
  return Type.Unsafe<Value>({ $ref: `${name}#` });
}

/** A use of a named schema, with its type. */
export function ref<Schema extends TSchema & { $id: string }>(schema: Schema): TUnsafe<Static<Schema>> {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` });
}
