import { randomBytes } from 'node:crypto';
import { nanos, type OtelTraceId, type SpanId, type SpanRecord } from '@kaizen-trace/contracts';
import { createLogger, type Logger } from '@kaizen-trace/service-kit';

/** A span that is now, with ids of its own. */
export const spanOf = (serviceName: string, name: string): SpanRecord => {
  const start = BigInt(Date.now()) * 1_000_000n;
  return {
    traceId: randomBytes(16).toString('hex') as OtelTraceId,
    spanId: randomBytes(8).toString('hex') as SpanId,
    name,
    kind: 'internal',
    start: nanos(start),
    end: nanos(start + 1_000_000n),
    serviceName,
    attributes: [['agent_id', 'a-1']],
    droppedAttributes: 0,
    events: [],
    status: { code: 'ok' },
  };
};

/** A logger whose lines the test reads. */
export const recordingLogger = (): { readonly logger: Logger; readonly lines: string[] } => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ service: 'span-exporter', level: 'debug', format: 'json', sink }), lines };
};
