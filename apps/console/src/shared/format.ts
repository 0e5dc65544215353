const trimmed = (value: number, digits: number): string => {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
};

/** Three digits that count: 1.23, 12.3, 123. */
const three = (value: number): string => {
  if (value >= 100) return trimmed(value, 0);
  return trimmed(value, value >= 10 ? 1 : 2);
};

const pair = (whole: number, unit: string, [rest, restUnit]: readonly [number, string]): string =>
  rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${restUnit}`;

/** A duration in the unit that fits: `0`, `850 µs`, `12.3 ms`, `4.5 s`, `3 min 20 s`, `30 h 5 min`, `2 d 4 h`. */
export const formatDuration = (micros: number): string => {
  if (micros <= 0) return '0';
  if (micros < 999.5) return `${three(micros)} µs`;
  if (micros < 999_500) return `${three(micros / 1_000)} ms`;
  const seconds = micros / 1_000_000;
  if (seconds < 59.95) return `${three(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', [whole % 60, 's']);
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), 'h', [minutes % 60, 'min']);
  const hours = Math.round(seconds / 3_600);
  return pair(Math.floor(hours / 24), 'd', [hours % 24, 'h']);
};

const grouped = new Intl.NumberFormat('en');

/** A count with its thousands apart: `50,000`. */
export const formatCount = (count: number): string => grouped.format(count);

/** A count with its noun: `1 span`, `50,000 spans`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : plural}`;

/** A large count in three digits: `950`, `12.3k`, `4.56M`. */
export const formatShortCount = (count: number): string => {
  if (count < 1_000) return String(count);
  return count < 999_500 ? `${three(count / 1_000)}k` : `${three(count / 1_000_000)}M`;
};

/** A trace id in short: ids that begin with a time begin alike, so that their ends tell them apart. */
export const shortId = (id: string): string => (id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-6)}`);

const two = (value: number, length = 2): string => String(value).padStart(length, '0');

/** A time in the viewer's zone: `2026-11-22 14:03:07`, with milliseconds where asked for. */
export const formatTime = (micros: number, { millis = false } = {}): string => {
  const time = new Date(micros / 1_000);
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock}${millis ? `.${two(time.getMilliseconds(), 3)}` : ''}`;
};

/** A time in UTC, ISO 8601. */
export const formatUtc = (micros: number): string => new Date(micros / 1_000).toISOString();

/** How long ago, in one unit: `now`, `42 s ago`, `3 h ago`. */
export const formatAge = (micros: number): string => {
  const seconds = Math.max(0, Math.floor(micros / 1_000_000));
  if (seconds < 1) return 'now';
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
};
