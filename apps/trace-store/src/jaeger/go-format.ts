import type { DecodedAttribute, DecodedText, DecodedValue } from '@kaizen-trace/otlp';
import { unreachable } from '@kaizen-trace/contracts';

/** Compares as Go compares strings: by bytes of UTF-8, which is by code point. */
export const compareText = (left: string, right: string): number => {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // A surrogate is part of a code point above all that are one unit.
    const aIsHigh = a >= 0xd800 && a <= 0xdfff;
    const bIsHigh = b >= 0xd800 && b <= 0xdfff;
    if (aIsHigh !== bIsHigh) return aIsHigh ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
};

/** A finite double as Go's JSON encoder writes it; Go keeps the sign of zero. */
export const goFloat = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** A string as Go's JSON encoder writes it, with the characters escaped that HTML knows. */
const goJsonString = ({ text, broken }: DecodedText): string => {
  const json = JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]!);
  return broken === undefined ? json : json.replaceAll('\ufffd', '\\ufffd');
};

/** Thrown inside {@link goJson} at a number that JSON cannot say. */
class NoJson extends Error {}

const writeJson = (value: DecodedValue): string => {
  switch (value.type) {
    case 'empty':
      return 'null';
    case 'string':
      return goJsonString(value);
    case 'bool':
      return String(value.value);
    case 'int':
      return value.value.toString();
    case 'double':
      if (!Number.isFinite(value.value)) throw new NoJson();
      return goFloat(value.value);
    case 'bytes':
      return `"${Buffer.from(value.value).toString('base64')}"`;
    case 'array':
      return `[${value.values.map(writeJson).join(',')}]`;
    case 'map':
      return `{${sortedEntries(value.entries).join(',')}}`;
    default:
      return unreachable(value);
  }
};

const sortedEntries = (entries: readonly DecodedAttribute[]): readonly string[] => {
  const byKey = new Map(entries.map((entry) => [entry.key.text, entry]));
  return [...byKey.values()]
    .sort((left, right) => compareText(left.key.text, right.key.text))
    .map(({ key, value }) => `${goJsonString(key)}:${writeJson(value)}`);
};

/** An array or map as JSON text, as the OpenTelemetry Collector writes it; empty where a number has no JSON. */
const goJson = (value: DecodedValue): string => {
  try {
    return writeJson(value);
  } catch (error) {
    if (error instanceof NoJson) return '';
    throw error;
  }
};

/** A value as text, as the OpenTelemetry Collector's `AsString` gives it: what a search compares. */
export const valueAsText = (value: DecodedValue): string => {
  switch (value.type) {
    case 'empty':
      return '';
    case 'string':
      return value.text;
    case 'bool':
      return String(value.value);
    case 'int':
      return value.value.toString();
    case 'double':
      return Number.isFinite(value.value)
        ? goFloat(value.value)
        : `json: unsupported value: ${goInfinity(value.value)}`;
    case 'bytes':
      return Buffer.from(value.value).toString('base64');
    case 'array':
    case 'map':
      return goJson(value);
    default:
      return unreachable(value);
  }
};

const goInfinity = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
};

const second = 1_000_000_000n;

const trimmedFraction = (value: bigint, unit: bigint): string => {
  const digits = unit.toString().length - 1;
  const fraction = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? '' : `.${fraction}`;
};

/** A duration in nanoseconds as Go's `time.Duration` prints it: `1h2m0.5s`, `35ms`, `-45ms`, `0s`. */
export const goDuration = (nanoseconds: bigint): string => {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < 1_000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return `${sign}${value / 1_000n}${trimmedFraction(value, 1_000n)}µs`;
  if (value < second) return `${sign}${value / 1_000_000n}${trimmedFraction(value, 1_000_000n)}ms`;
  const seconds = value / second;
  const minutes = seconds / 60n;
  const hours = minutes / 60n;
  const tail = `${seconds % 60n}${trimmedFraction(value, second)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes % 60n}m${tail}`;
  return minutes > 0n ? `${sign}${minutes}m${tail}` : `${sign}${tail}`;
};

/** Signed nanoseconds since the epoch as Go's `time.Time` prints them in UTC. */
export const goTime = (nanoseconds: bigint): string => {
  const fractionOf = ((nanoseconds % second) + second) % second;
  const millis = Number((nanoseconds - fractionOf) / 1_000_000n);
  const stamp = new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
  return `${stamp}${trimmedFraction(fractionOf, second)} +0000 UTC`;
};
