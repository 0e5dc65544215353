/** Readers of what frameworks hand over: whatever is not of the kind that is asked for counts as absent. */

/** An object by its fields; empty where it is none. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** A non-empty string. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The first of them that is a non-empty string. */
export const firstText = (...values: readonly unknown[]): string | undefined =>
  values.map(textOf).find((value) => value !== undefined);

/** A finite number. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The first of them that is a finite number. */
export const firstNumber = (...values: readonly unknown[]): number | undefined =>
  values.map(numberOf).find((value) => value !== undefined);

/** An array's entries; none where it is no array. */
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [];

/** The non-empty strings of an array; undefined where there is none. */
export const textsOf = (value: unknown): readonly string[] | undefined => {
  const texts = listOf(value)
    .map(textOf)
    .filter((each) => each !== undefined);
  return texts.length === 0 ? undefined : texts;
};

/** The fields that have a value. */
export const present = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

/** The fields that are a string, a number or a boolean. */
export const scalarsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(recordOf(value)).filter(([, each]) =>
      ['string', 'number', 'boolean'].includes(typeof each),
    ),
  );

/** The 32 hex digits that a UUID or `trace_…` is; undefined for every other id, which stays as it is. */
export const hexOf = (id: string): string | undefined => {
  const hex = /^(?:trace_)?([0-9a-f]{32})$/.exec(id.toLowerCase().replaceAll('-', ''))?.[1];
  return hex === undefined || /^0+$/.test(hex) ? undefined : hex;
};

/** A fresh trace id: 32 hex digits. */
export const freshTraceId = (): string => crypto.randomUUID().replaceAll('-', '');

/** A fresh call id: 16 hex digits. */
export const freshCallId = (): string => freshTraceId().slice(16);
