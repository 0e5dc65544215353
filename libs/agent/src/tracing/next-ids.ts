import { randomBytes } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';

/** Gives the ids that it was told, each once; others are random. */
export class NextIds implements IdGenerator {
  #traceId: string | undefined;
  #spanId: string | undefined;

  /** Until the next span has begun, which takes both or only the span id. */
  next(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }

  /** What was not taken is none of the next span's. */
  forget(): void {
    this.#traceId = undefined;
    this.#spanId = undefined;
  }

  readonly generateTraceId = (): string => this.#traceId ?? randomBytes(16).toString('hex');

  readonly generateSpanId = (): string => this.#spanId ?? randomBytes(8).toString('hex');
}
