import { pino, type Logger as PinoLogger } from 'pino';

/** A structured logger. Fields first, message second: `logger.info({ partition }, 'restored')`. */
export type Logger = PinoLogger;

/** Where log lines go: one call a line, with its line break. */
export interface LogSink {
  write(line: string): void;
}

/** Who speaks, how loud, and where to. */
export interface LoggerOptions {
  /** Which service speaks; stands on every line. */
  readonly service: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `pretty`: one readable line, for a terminal; otherwise JSON. */
  readonly format: 'json' | 'pretty';
  readonly sink: LogSink;
}

const secretNames = [
  'password',
  'passphrase',
  'authorization',
  'apiKey',
  'apiKeys',
  'token',
  'secret',
  'key',
  '["x-api-key"]',
];

/** Fields of these names are masked, at the top of a line and up to two levels down, whoever logs them. */
const redactedPaths = secretNames.flatMap((name) => {
  const tail = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${tail}`, `*.*${tail}`];
});

const levelNames: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
};

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shownField = ([name, value]: readonly [string, unknown]): string => {
  if (isFields(value) && typeof value.message === 'string') return `${name}=${JSON.stringify(value.message)}`;
  return `${name}=${typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)}`;
};

/** One JSON line of pino's as one line for a person: time, level, service, message, then the fields. */
export const prettyLine = (json: string): string => {
  const parsed: unknown = JSON.parse(json);
  if (!isFields(parsed)) return json;
  const { level, time, service, msg, ...fields } = parsed;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const rest = Object.entries(fields).map(shownField).join(' ');
  const name = typeof level === 'string' ? level : (levelNames[Number(level)] ?? '');
  const message = typeof msg === 'string' ? msg : '';
  return `${clock} ${name.toUpperCase().padEnd(5)} ${typeof service === 'string' ? service : ''}  ${message}${rest === '' ? '' : `  ${rest}`}\n`;
};

/** A logger that writes whole lines to `sink`, with secrets masked. Never throws on what it is given to log. */
export const createLogger = ({ service, level, format, sink }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    format === 'json' ? sink : { write: (line: string) => sink.write(prettyLine(line)) },
  );

/** A logger to standard error: readable where that is a terminal, else JSON. */
export const createStderrLogger = (
  options: Pick<LoggerOptions, 'service' | 'level'>,
  stderr: LogSink & { readonly isTTY?: boolean },
): Logger => createLogger({ ...options, format: stderr.isTTY === true ? 'pretty' : 'json', sink: stderr });
