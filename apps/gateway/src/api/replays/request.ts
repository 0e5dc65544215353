import { readPoint, type Point, type RangeRequest, type SpanFilter } from '@kaizen-trace/replay';
import { replayTargets, type ReplayRequestJson } from './json.js';

/** What is to be replayed. */
export interface ReplayRequest {
  readonly json: ReplayRequestJson;
  readonly range: RangeRequest;
  readonly filter: SpanFilter;
}

/** How reading a request ended; the reason names the field. */
export type RequestReading =
  | { readonly type: 'read'; readonly request: ReplayRequest }
  | { readonly type: 'refused'; readonly reason: string };

class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly code = 'KAIZEN_REPLAY_FIELD';
}

type Fields = Readonly<Record<string, unknown>>;

const known = ['target', 'from', 'to', 'partitions', 'trace_ids', 'services', 'layout', 'skip_incomplete'];
const layouts = ['events', 'operations'] as const;
const mostNames = 1_000;
const longestName = 1_024;

const oneOf = <T extends string>(fields: Fields, name: string, values: readonly T[]): T | undefined => {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  const found = values.find((each) => each === value);
  if (found === undefined) throw new FieldError(`${name} is none of ${values.join(', ')}`);
  return found;
};

const textOf = (fields: Fields, name: string): string | undefined => {
  const value = fields[name] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value.length > 64) throw new FieldError(`${name} is no point in the log`);
  return value;
};

const pointOf = (name: string, text: string | undefined, now: number): Point | undefined => {
  if (text === undefined) return undefined;
  const reading = readPoint(text, now);
  if (reading.type === 'refused') throw new FieldError(`${name} ${reading.reason}`);
  return reading.point;
};

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestName;

const namesOf = (fields: Fields, name: string): readonly string[] => {
  const value = fields[name] ?? [];
  if (!Array.isArray(value) || value.length > mostNames || !value.every(isName))
    throw new FieldError(`${name} is no list of at most ${mostNames} names`);
  return value;
};

const isPartition = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 10_000;

const partitionsOf = ({ partitions }: Fields): readonly number[] | undefined => {
  if (partitions === undefined || partitions === null) return undefined;
  if (!Array.isArray(partitions) || partitions.length === 0 || !partitions.every(isPartition))
    throw new FieldError('partitions is no list of partition numbers; leave it out for all');
  return partitions;
};

const flagOf = (fields: Fields, name: string): boolean => {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw new FieldError(`${name} is neither true nor false`);
  return value;
};

const fieldsOf = (text: string): Fields => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FieldError('the body is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FieldError('the body is no JSON object');
  const stray = Object.keys(value).find((name) => !known.includes(name));
  if (stray !== undefined) throw new FieldError(`${stray} is unknown; known are ${known.join(', ')}`);
  return value as Fields;
};

const read = (text: string, now: number): ReplayRequest => {
  const fields = fieldsOf(text);
  const target = oneOf(fields, 'target', replayTargets);
  if (target === undefined) throw new FieldError(`target is missing: ${replayTargets.join(', ')}`);
  const layout = oneOf(fields, 'layout', layouts);
  if (layout !== undefined && target !== 'dry-run')
    throw new FieldError(
      'layout: one span id would get two bodies where the live spans are; use it with target dry-run, or `kaizen-trace replay --otlp` to a backend of its own',
    );
  const [from, to] = [textOf(fields, 'from'), textOf(fields, 'to')];
  const partitions = partitionsOf(fields);
  const filter = { traceIds: namesOf(fields, 'trace_ids'), services: namesOf(fields, 'services') };
  return {
    json: {
      target,
      from: from ?? null,
      to: to ?? null,
      partitions: partitions ?? null,
      trace_ids: filter.traceIds,
      services: filter.services,
      layout: layout ?? null,
      skip_incomplete: flagOf(fields, 'skip_incomplete'),
    },
    range: { from: pointOf('from', from, now), to: pointOf('to', to, now), partitions, layout },
    filter,
  };
};

/** Reads the body of a request; points are reckoned from `now`, in milliseconds. */
export const readReplayRequest = (text: string, now: number): RequestReading => {
  try {
    return { type: 'read', request: read(text, now) };
  } catch (error) {
    if (error instanceof FieldError) return { type: 'refused', reason: error.message };
    throw error;
  }
};
