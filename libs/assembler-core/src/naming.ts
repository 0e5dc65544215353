import type { Fields, HookContext } from '@kaizen-trace/contracts';

const nameFields: Readonly<Record<string, string>> = {
  tool_use: 'tool_name',
  llm_call: 'model',
  specialist_invoke: 'specialist_name',
};

const textOf = (fields: Fields, key: string): string | undefined => {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** A non-empty string from `data`, else from `metadata`. */
const fieldOf = (event: HookContext, key: string): string | undefined =>
  textOf(event.data, key) ?? textOf(event.metadata, key);

/** The name of the operation that an event of this kind is about; most kinds have none. */
export const nameOf = (event: HookContext, kind: string): string | undefined => {
  const field = Object.hasOwn(nameFields, kind) ? nameFields[kind] : undefined;
  return field === undefined ? undefined : fieldOf(event, field);
};

/** What an event gives as its tool, whatever its kind. */
export const toolNameOf = (event: HookContext): string | undefined => fieldOf(event, 'tool_name');

/** `kind:name`, or `kind` without a name. */
export const keyOf = (kind: string, name: string | undefined): string =>
  name === undefined ? kind : `${kind}:${name}`;
