/** JSON as it may be, nothing of it checked. */
export type Loose = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a whole number from 0 on. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Whether a value is an offset as JSON carries it, or null. */
export const isOffsetOrNull = (value: unknown): value is string | null =>
  value === null || (typeof value === 'string' && /^\d{1,19}$/.test(value));

/** The text as JSON; undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
