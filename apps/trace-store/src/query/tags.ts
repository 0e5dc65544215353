import { parsed, refused } from './go-parse.js';
import type { Parsed } from './go-parse.js';

const malformed = (reason: string): Parsed<never> =>
  refused(`malformed 'tags' parameter, cannot unmarshal JSON: ${reason}`);

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
};

/** The words of Go's JSON reader where it can be told what they are; a caller sees them in the error's message. */
const syntaxReason = (text: string): string => {
  const trimmed = text.trimStart();
  if (trimmed === '') return 'unexpected end of JSON input';
  const start = String.fromCodePoint(trimmed.codePointAt(0)!);
  const isStart = /[[{"\-0-9tfn]/.test(start);
  if (!isStart) {
    const shown = start === "'" ? String.raw`'\''` : start === '"' ? `'"'` : `'${start}'`;
    return `invalid character ${shown} looking for beginning of value`;
  }
  return 'the text is no JSON object of strings';
};

const readObject = (text: string): Parsed<Readonly<Record<string, unknown>>> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed(syntaxReason(text));
  }
  if (value === null) return parsed({});
  if (typeof value !== 'object' || Array.isArray(value)) {
    return malformed(`json: cannot unmarshal ${kindOf(value)} into Go value of type map[string]string`);
  }
  return parsed(value as Readonly<Record<string, unknown>>);
};

/** Reads `tag=key:value` and `tags={"key":"value"}`, each any number of times; the later wins, JSON over plain. */
export const parseTags = (
  plain: readonly string[],
  json: readonly string[],
): Parsed<ReadonlyMap<string, string>> => {
  const tags = new Map<string, string>();
  for (const tag of plain) {
    const at = tag.indexOf(':');
    if (at < 0) return refused(`malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    tags.set(tag.slice(0, at), tag.slice(at + 1));
  }
  for (const text of json) {
    const object = readObject(text);
    if (object.type === 'refused') return object;
    for (const [key, value] of Object.entries(object.value)) {
      if (typeof value !== 'string' && value !== null) {
        return malformed(`json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
      }
      tags.set(key, value ?? '');
    }
  }
  return parsed(tags);
};
