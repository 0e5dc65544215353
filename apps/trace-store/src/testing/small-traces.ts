import { requestBytes } from './otlp-bytes.js';
import type { SpanInput } from './otlp-bytes.js';

export const ms = 1_000_000n;
export const now = BigInt(Date.now()) * ms;
export const idOf = (number: number): string => number.toString(16).padStart(16, '0');
export const traceOf = (number: number): string => `ab${number.toString(16).padStart(30, '0')}`;

export const span = (trace: string, number: number, more: Partial<SpanInput> = {}): SpanInput => ({
  trace,
  id: idOf(number),
  name: 'work',
  start: now - 1_000n * ms + BigInt(number),
  end: now,
  ...more,
});

export const request = (service: string, spans: readonly SpanInput[]): Buffer =>
  requestBytes([{ resource: [['service.name', service]], spans }]);
