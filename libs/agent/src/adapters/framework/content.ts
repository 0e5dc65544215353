import { recordOf } from './fields.js';

const stringify = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
};

const cut = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
  return text.slice(0, end);
};

/** The newest entries that fit; the newest alone where not even that does. */
const newestThatFit = (entries: readonly unknown[], max: number): readonly unknown[] => {
  let room = max - 2;
  let from = entries.length;
  while (from > 0) {
    room -= (stringify(entries[from - 1])?.length ?? 4) + 1;
    if (room < 0) break;
    from -= 1;
  }
  return entries.slice(Math.min(from, entries.length - 1));
};

const withShortStrings = (value: unknown, length: number): unknown => {
  if (typeof value === 'string') return cut(value, length);
  if (Array.isArray(value)) return value.map((each) => withShortStrings(each, length));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(recordOf(value)).map(([key, each]) => [key, withShortStrings(each, length)]),
  );
};

/**
 * `value` as JSON text of at most `max` UTF-16 units: of a list the newest entries, then shorter strings, in the end the
 * beginning of the text as one JSON string. Undefined for what is no JSON.
 */
export const boundedJson = (value: unknown, max: number): string | undefined => {
  const whole = stringify(value);
  if (whole === undefined || whole.length <= max) return whole;
  const plain = JSON.parse(whole) as unknown;
  const newest = Array.isArray(plain) ? newestThatFit(plain, max) : plain;
  for (const length of [max, max / 4, max / 16]) {
    const text = JSON.stringify(withShortStrings(newest, Math.floor(length)));
    if (text.length <= max) return text;
  }
  // Escapes take up to six units for one.
  return max < 8 ? undefined : JSON.stringify(cut(whole, Math.floor((max - 2) / 6)));
};

/** What JSON text holds, or the text itself. */
export const parsedIfJson = (text: unknown): unknown => {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** One part of a message, in the words of the GenAI conventions. */
export type MessagePart = Readonly<Record<string, unknown>>;

/** A message in the words of the GenAI conventions. */
export const message = (
  role: string,
  parts: readonly MessagePart[],
  finishReason?: string,
): Readonly<Record<string, unknown>> => ({
  role,
  parts,
  ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
});

/** The parts of a message. */
export const part = {
  text: (content: unknown): MessagePart => ({ type: 'text', content }),
  reasoning: (content: unknown): MessagePart => ({ type: 'reasoning', content }),
  toolCall: (id: unknown, name: unknown, args: unknown): MessagePart => ({
    type: 'tool_call',
    id,
    name,
    arguments: parsedIfJson(args),
  }),
  toolResponse: (id: unknown, response: unknown): MessagePart => ({
    type: 'tool_call_response',
    id,
    response,
  }),
  /** Pictures, sound and files are named, never copied. */
  other: (type: unknown): MessagePart => ({ type: typeof type === 'string' ? type : 'unknown' }),
};
