import { encodeEvent } from '@kaizen-trace/codec';
import { maxEventBytes, readEvent, type EventDefaults, type HookContext } from '@kaizen-trace/contracts';
import type { NewRecord } from '@kaizen-trace/ports';
import type { Redactor } from '@kaizen-trace/redaction';
import type { ItemReading } from './item-reader.js';

/** A line, or an item of an array, that was not taken. */
export interface Rejection {
  readonly line: number;
  /** Dotted path; null where it is the whole line. */
  readonly field: string | null;
  readonly reason: string;
}

/** What a body holds so far. */
export interface Intake {
  take(reading: Exclude<ItemReading, { type: 'broken' }>): void;
  reject(rejection: Rejection): void;
  readonly records: readonly NewRecord[];
  /** The line of each record, in the same order. */
  readonly lines: readonly number[];
  readonly rejected: readonly Rejection[];
  /** All rejections, listed or not. */
  rejectedTotal(): number;
  /** The last line or position that was read. */
  lastLine(): number;
  /** Whether some event was for a service that the sender may not write as. */
  outOfScope(): boolean;
}

/** Beyond this many, rejections are only counted: two bytes of a body can make a hundred of the report. */
const maxListedRejections = 100_000;

/** How events are taken. */
export interface IntakeOptions {
  readonly defaults: EventDefaults;
  readonly redact: Redactor['event'];
  /** Services as which the sender may write; undefined: any. */
  readonly services: readonly string[] | undefined;
}

const tooLarge = (size: number): string =>
  `is too large: ${size} bytes encoded, at most ${maxEventBytes} are taken`;

const outOfScope = { field: 'service_name', reason: 'is none of the services that this key is for' } as const;

/** The event with the only service that it may name, where it names none; undefined where it is out of scope. */
const inScope = (event: HookContext, services: IntakeOptions['services']): HookContext | undefined => {
  if (services === undefined) return event;
  if (event.serviceName !== undefined) return services.includes(event.serviceName) ? event : undefined;
  const [only, another] = services;
  return only === undefined || another !== undefined ? undefined : { ...event, serviceName: only };
};

/** Validates, redacts and encodes events one by one, and remembers which lines were refused and why. Appends nothing. */
export const openIntake = ({ defaults, redact, services }: IntakeOptions): Intake => {
  const records: NewRecord[] = [];
  const lines: number[] = [];
  const rejected: Rejection[] = [];
  let total = 0;
  let last = 0;
  let isOutOfScope = false;

  const reject = (rejection: Rejection): void => {
    total += 1;
    if (rejected.length < maxListedRejections) rejected.push(rejection);
  };

  const takeValue = (line: number, value: unknown): void => {
    const reading = readEvent(value, defaults);
    if (reading.type === 'refused') {
      reject({ line, field: reading.field, reason: reading.reason });
      return;
    }
    const scoped = inScope(reading.event, services);
    if (scoped === undefined) {
      isOutOfScope = true;
      reject({ line, ...outOfScope });
      return;
    }
    const event = redact(scoped);
    const encoding = encodeEvent(event);
    if (encoding.type === 'too-large') {
      reject({ line, field: null, reason: tooLarge(encoding.size) });
      return;
    }
    records.push({ key: Buffer.from(event.traceId), value: encoding.bytes });
    lines.push(line);
  };

  return {
    take(reading) {
      last = reading.line;
      if (reading.type === 'bad') reject({ line: reading.line, field: null, reason: reading.reason });
      else takeValue(reading.line, reading.value);
    },
    reject,
    records,
    lines,
    rejected,
    rejectedTotal: () => total,
    lastLine: () => last,
    outOfScope: () => isOutOfScope,
  };
};
