import type { AvroSchema } from './avro-schema.js';

/** One key of a map as it is read: `{"type": "map"}` and an array of such records have the same bytes. */
export interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (schema: unknown): schema is Node =>
  typeof schema === 'object' && schema !== null && !Array.isArray(schema);

const isMap = (schema: unknown): boolean => isNode(schema) && schema.type === 'map';

/** A default of a map, `{"k": v}`, as the array of entries that the field has become. */
const entryDefault = (value: unknown): unknown =>
  Object.entries(value ?? {}).map(([key, entry]: [string, unknown]) => ({ key, value: entry }));

const rewriteField = (field: Node, path: string): Node => ({
  ...field,
  type: rewrite(field.type, `${path}_${String(field.name)}`),
  ...('default' in field && isMap(field.type) ? { default: entryDefault(field.default) } : {}),
});

const rewrite = (schema: unknown, path: string): unknown => {
  if (Array.isArray(schema)) return schema.map((branch: unknown) => rewrite(branch, path));
  if (!isNode(schema)) return schema;
  if (isMap(schema)) {
    // An unqualified name inherits the namespace around it, so names inside still mean what they meant. It tells one map
    // from another by its place: resolution matches records by name.
    const name = `Entry${path}`;
    const value = { name: 'value', type: rewrite(schema.values, `${path}_value`) };
    return {
      type: 'array',
      items: { type: 'record', name, fields: [{ name: 'key', type: 'string' }, value] },
    };
  }
  if (schema.type === 'array') return { ...schema, items: rewrite(schema.items, `${path}_item`) };
  if (Array.isArray(schema.fields))
    return { ...schema, fields: schema.fields.map((field: Node) => rewriteField(field, path)) };
  return schema;
};

/**
 * The same schema with each map as an array of entries: the bytes are the same, but no key is lost or changes the
 * prototype of an object (`__proto__`), and what is read can be built as we build it.
 */
export const mapsAsEntries = (schema: AvroSchema): AvroSchema => rewrite(schema, '') as AvroSchema;
