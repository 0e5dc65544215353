import { randomUUID } from 'node:crypto';
import { micros, readEvent, type EventDefaults, type EventReading } from '@kaizen-trace/contracts';
import { readLine } from '../event-line.js';
import type { Redactor } from '@kaizen-trace/redaction';
import type { Outgoing, Sink } from '@kaizen-trace/sending';

/** The assembler remembers 256 events of a trace: half as many may be sent again, and are recognised. */
export const maxOfOneTrace = 128;

/** Lines as the sink sends them. The line of an {@link Outgoing} is its index. */
export interface Prepared<Payload> {
  readonly outgoing: readonly Outgoing<Payload>[];
  /** So many of the lines, from the first on. */
  readonly count: number;
  /** Those of them that break a rule, and which. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

const defaults: EventDefaults = {
  now: () => micros(BigInt(Date.now()) * 1000n),
  newId: randomUUID,
  newTraceId: randomUUID,
};

const read = (line: string): EventReading => {
  let value: unknown;
  try {
    value = readLine(line);
  } catch {
    return { type: 'refused', field: null, reason: 'is no JSON' };
  }
  return readEvent(value, defaults);
};

const told = (field: string | null, reason: string): string =>
  field === null ? reason : `${field} ${reason}`;

/** Reads, masks and encodes lines, up to the first that would be one too many of its trace. */
export const prepare = <Payload>(
  lines: readonly string[],
  { sink, redactor }: { readonly sink: Sink<Payload>; readonly redactor: Redactor },
): Prepared<Payload> => {
  const outgoing: Outgoing<Payload>[] = [];
  const refused: { line: number; reason: string }[] = [];
  const ofTrace = new Map<string, number>();
  for (let line = 0; line < lines.length; line += 1) {
    const reading = read(lines[line]!);
    if (reading.type === 'refused') {
      refused.push({ line, reason: told(reading.field, reading.reason) });
      continue;
    }
    const { traceId } = reading.event;
    const before = ofTrace.get(traceId) ?? 0;
    if (before === maxOfOneTrace) return { outgoing, count: line, refused };
    const encoding = sink.encode(redactor.event(reading.event));
    if (encoding.type === 'refused') {
      refused.push({ line, reason: told(encoding.field, encoding.reason) });
      continue;
    }
    ofTrace.set(traceId, before + 1);
    outgoing.push({ line, payload: encoding.payload, size: encoding.size });
  }
  return { outgoing, count: lines.length, refused };
};
