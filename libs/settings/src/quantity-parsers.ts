import { parsed, wrong, type Parser } from './parser.js';

const millisecondsOf = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

const showDuration = (milliseconds: number): string => {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (milliseconds > 0 && milliseconds % millisecondsOf[unit] === 0)
      return `${milliseconds / millisecondsOf[unit]}${unit}`;
  }
  return `${milliseconds}ms`;
};

const durationPattern = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

const readDuration = (value: string): number => {
  const match = durationPattern.exec(value.toLowerCase());
  if (match === null || value === '') return NaN;
  const [, d = 0, h = 0, m = 0, s = 0, ms = 0] = match;
  return (
    Number(d) * millisecondsOf.d +
    Number(h) * millisecondsOf.h +
    Number(m) * millisecondsOf.m +
    Number(s) * millisecondsOf.s +
    Number(ms)
  );
};

/** A hundred years: the longest duration that anything here accepts, in milliseconds. */
const longest = 36_525 * millisecondsOf.d;

/** A duration such as `500ms`, `30s`, `1h30m` or `7d`, in milliseconds. A bare number is refused: of which unit? */
export const duration = (bounds: { readonly min?: number; readonly max?: number } = {}): Parser<number> => {
  const { min = 0, max = longest } = bounds;
  return {
    parse: (value) => {
      const milliseconds = readDuration(value);
      if (milliseconds >= min && milliseconds <= max) return parsed(milliseconds);
      if (/^\d+$/.test(value)) return wrong('a number without a unit', 'Add ms, s, m, h or d, as in 30s.');
      return Number.isNaN(milliseconds)
        ? wrong('not a duration', 'Write it like 500ms, 30s, 1h30m or 7d.')
        : wrong('out of range', `Choose from ${showDuration(min)} to ${showDuration(max)}.`);
    },
    show: showDuration,
  };
};

/** As {@link duration}, or the word `forever`, which is `Infinity`. */
export const durationOrForever = (bounds: { readonly min?: number } = {}): Parser<number> => {
  const finite = duration(bounds);
  return {
    parse: (value) => {
      if (value.toLowerCase() === 'forever') return parsed(Infinity);
      const outcome = finite.parse(value);
      return outcome.type === 'wrong'
        ? wrong(outcome.problem, `${outcome.remedy} Or write forever.`)
        : outcome;
    },
    show: (value) => (value === Infinity ? 'forever' : showDuration(value)),
  };
};

/** A bare number of milliseconds, as the OpenTelemetry variables have it. */
export const otelMilliseconds: Parser<number> = {
  parse: (value) => {
    const milliseconds = /^\d{1,9}$/.test(value) ? Number(value) : 0;
    return milliseconds > 0
      ? parsed(milliseconds)
      : wrong('not a number of milliseconds above 0', 'Write milliseconds without a unit, as in 10000.');
  },
  show: String,
};

const bytesOf: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const showBytes = (bytes: number): string => {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const size = bytesOf[unit.toLowerCase()] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
};

/** A number of bytes, such as `16MiB`, `2GiB`, `500MB` (of a million each) or a bare `1048576`. */
export const byteSize = (bounds: { readonly min?: number; readonly max?: number } = {}): Parser<number> => {
  const { min = 1, max = Number.MAX_SAFE_INTEGER } = bounds;
  return {
    parse: (value) => {
      const match = /^(\d{1,16}) ?([a-z]{0,3})$/.exec(value.toLowerCase());
      const unit = match === null ? undefined : bytesOf[match[2] ?? ''];
      if (match === null || unit === undefined)
        return wrong('not a size', 'Write it like 512KiB, 16MiB or 2GiB.');
      const bytes = Number(match[1]) * unit;
      if (bytes >= min && bytes <= max) return parsed(bytes);
      return wrong('out of range', `Choose from ${showBytes(min)} to ${showBytes(max)}.`);
    },
    show: showBytes,
  };
};
