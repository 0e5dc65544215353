import { readCursor } from '@kaizen-trace/assembler-runtime';
import { readTimestamp } from '@kaizen-trace/contracts';
import type { LetterFilter } from './letter.js';
import type { LetterQuery } from './read-newest.js';
import type { RedriveRequest } from './redrive-plan.js';

/** How reading a request ended. */
export type Reading<T> =
  { readonly type: 'read'; readonly value: T } | { readonly type: 'refused'; readonly reason: string };

/** A field that cannot be read; the message names it. */
class FieldError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const filterFields = ['stage', 'error_class', 'topic', 'partition', 'from', 'to'] as const;
const listFields: readonly string[] = [...filterFields, 'redriven', 'limit', 'cursor'];
const redriveFields: readonly string[] = [...filterFields, 'letters', 'again', 'dry_run', 'limit'];

const maxPage = 1_000;
const defaultPage = 50;
const maxRedrive = 100_000;
const defaultRedrive = 1_000;
const maxNamed = 10_000;

const text = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new FieldError(`${name} is no single value`);
};

const whole = (fields: Fields, name: string, most: number): number | undefined => {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value) || Number(value) > most)
    throw new FieldError(`${name} is not from 0 to ${most}`);
  return Number(value);
};

const moment = (fields: Fields, name: string): number | undefined => {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  const reading = readTimestamp(/^\d+(\.\d+)?$/.test(value) ? Number(value) : value);
  if (reading.type === 'read') return Number(reading.timestamp / 1000n);
  throw new FieldError(`${name} ${reading.reason}`);
};

const flag = (fields: Fields, name: string): boolean | undefined => {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false') throw new FieldError(`${name} is neither true nor false`);
  return value === 'true';
};

const onlyKnown = (fields: Fields, known: readonly string[]): void => {
  const stray = Object.keys(fields).find((name) => !known.includes(name));
  if (stray !== undefined) throw new FieldError(`${stray} is unknown; known are ${known.join(', ')}`);
};

const filterOf = (fields: Fields): LetterFilter => {
  const [stage, errorClass, topic] = [
    text(fields, 'stage'),
    text(fields, 'error_class'),
    text(fields, 'topic'),
  ];
  const partition = whole(fields, 'partition', 1_000_000);
  const [from, to] = [moment(fields, 'from'), moment(fields, 'to')];
  return {
    ...(stage === undefined ? {} : { stage }),
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
};

const lettersOf = ({ letters }: Fields): RedriveRequest['letters'] => {
  if (letters === undefined || letters === null) return undefined;
  if (!Array.isArray(letters) || letters.length === 0 || letters.length > maxNamed)
    throw new FieldError(`letters is no array of 1 to ${maxNamed} texts such as "3/120"`);
  return letters.map((name: unknown) => {
    const match = /^(\d{1,9})\/(\d{1,19})$/.exec(String(name));
    if (match === null)
      throw new FieldError('letters has something else than partition/offset, such as "3/120"');
    return { partition: Number(match[1]), offset: BigInt(match[2] ?? '') };
  });
};

const reading = <T>(read: () => T): Reading<T> => {
  try {
    return { type: 'read', value: read() };
  } catch (error) {
    if (error instanceof FieldError) return { type: 'refused', reason: error.message };
    throw error;
  }
};

/** Reads the parameters of a list. */
export const readListQuery = (fields: Fields): Reading<LetterQuery> =>
  reading(() => {
    onlyKnown(fields, listFields);
    const cursor = text(fields, 'cursor');
    const after = cursor === undefined ? undefined : readCursor('newest', cursor);
    if (cursor !== undefined && after === undefined) throw new FieldError('cursor is none that a list gave');
    const redriven = flag(fields, 'redriven');
    return {
      ...filterOf(fields),
      limit: whole(fields, 'limit', maxPage) ?? defaultPage,
      ...(after === undefined ? {} : { after }),
      ...(redriven === undefined ? {} : { redriven }),
    };
  });

/** Reads the body of a redrive, as JSON. It must say what to bring back: a filter, letters, or `{}` for everything. */
export const readRedriveRequest = (body: string): Reading<RedriveRequest> =>
  reading(() => {
    let fields: unknown;
    try {
      fields = JSON.parse(body);
    } catch {
      throw new FieldError('the body is no JSON');
    }
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
      throw new FieldError('the body is no JSON object');
    onlyKnown(fields as Fields, redriveFields);
    return {
      filter: filterOf(fields as Fields),
      letters: lettersOf(fields as Fields),
      again: flag(fields as Fields, 'again') ?? false,
      dryRun: flag(fields as Fields, 'dry_run') ?? false,
      limit: whole(fields as Fields, 'limit', maxRedrive) ?? defaultRedrive,
    };
  });
