import { isRecord } from './record.js';

/** What a key may be used for. */
export const operations = ['ingest', 'read', 'operate'] as const;
/** `ingest`: send events. `read`: look at metrics and the operating API. `operate`: change something through it. */
export type Operation = (typeof operations)[number];

/** A key, as far as a gateway knows it. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256. */
  readonly digest: Uint8Array;
  /** Services as which it may write; undefined: any. */
  readonly services: readonly string[] | undefined;
  readonly operations: readonly Operation[];
  /** Undefined: as many as come. */
  readonly requestsPerSecond: number | undefined;
  /** Of bodies, unpacked. Undefined: as many as come. */
  readonly bytesPerSecond: number | undefined;
}

/** What a key file says, or why it cannot be used; the reason names a line and nothing that stands in it. */
export type KeyFileReading =
  | { readonly type: 'read'; readonly keys: readonly ApiKey[] }
  | { readonly type: 'broken'; readonly reason: string };

/** Reading so many takes some tens of milliseconds; a request costs the same with one key as with all. */
const maxKeys = 10_000;

type Fields = Readonly<Record<string, unknown>>;

/** Wrong in a line; its message shows nothing of the line's values. */
class LineError extends Error {
  override readonly name = 'LineError';
  readonly code = 'KAIZEN_KEY_LINE';
}

const nameOf = ({ name }: Fields): string => {
  if (typeof name === 'string' && /^[\w.@-]{1,64}$/.test(name)) return name;
  throw new LineError('name must be 1 to 64 letters, digits, or any of _ . @ -');
};

const digestOf = ({ sha256 }: Fields): Uint8Array => {
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)) return Buffer.from(sha256, 'hex');
  throw new LineError('sha256 must be 64 hexadecimal digits, the hash of the key');
};

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 256;

const servicesOf = ({ services }: Fields): ApiKey['services'] => {
  if (services === undefined) return undefined;
  if (Array.isArray(services) && services.length > 0 && services.every(isName)) return services;
  throw new LineError('services must be a list of names; leave it out for any service');
};

const isOperation = (value: unknown): value is Operation => operations.some((known) => known === value);

const operationsOf = ({ operations: given = ['ingest'] }: Fields): readonly Operation[] => {
  if (Array.isArray(given) && given.length > 0 && given.every(isOperation)) return given;
  throw new LineError(`operations must be a list of ${operations.join(', ')}`);
};

const rateOf = (fields: Fields, field: string): number | undefined => {
  const value = fields[field];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0.001) return value;
  throw new LineError(`${field} must be a number of at least 0.001`);
};

const knownFields = new Set([
  'name',
  'sha256',
  'services',
  'operations',
  'requests_per_second',
  'bytes_per_second',
]);

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own words quote the line.
    throw new LineError('is not JSON');
  }
};

const readLine = (line: string): ApiKey => {
  const fields = parseLine(line);
  if (!isRecord(fields)) throw new LineError('is not a JSON object');
  // A misspelt limit or scope would otherwise be none.
  if (Object.keys(fields).some((field) => !knownFields.has(field)))
    throw new LineError(`has a field that is none of ${[...knownFields].join(', ')}`);
  return {
    name: nameOf(fields),
    digest: digestOf(fields),
    services: servicesOf(fields),
    operations: operationsOf(fields),
    requestsPerSecond: rateOf(fields, 'requests_per_second'),
    bytesPerSecond: rateOf(fields, 'bytes_per_second'),
  };
};

/**
 * Reads a key file: one JSON object a line; blank lines and lines that begin with `#` do not count. A file with anything
 * wrong in it, or without a key, is broken as a whole: half of it would lock someone out, or leave a gateway open.
 */
export const readKeyFile = (text: string): KeyFileReading => {
  const keys: ApiKey[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    try {
      const key = readLine(trimmed);
      const hash = Buffer.from(key.digest).toString('hex');
      if (seen.has(hash)) throw new LineError('has the hash of a line before it');
      if (seen.size >= maxKeys) throw new LineError(`is beyond the ${maxKeys} keys that a file may have`);
      seen.add(hash);
      keys.push(key);
    } catch (error) {
      if (error instanceof LineError)
        return { type: 'broken', reason: `line ${index + 1}: ${error.message}` };
      throw error;
    }
  }
  return keys.length === 0 ? { type: 'broken', reason: 'it holds no key' } : { type: 'read', keys };
};
