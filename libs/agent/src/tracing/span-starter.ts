import type { Span } from '@opentelemetry/api';
import { isSpanContextValid, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { SpanRecord } from '@kaizen-trace/contracts';
import { spanScope } from '@kaizen-trace/contracts';
import { NextIds } from './next-ids.js';
import { attributesObject, hrTimeOf } from './record-span.js';
import type { TraceSampling } from './sampling.js';
import type { SpanIntake } from './span-intake.js';
import type { SpanQueue } from './span-queue.js';

/** Services whose provider is kept. */
const keptProviders = 100;

/** Begins spans of OpenTelemetry with the ids that a record has, in the service that it has. */
export class SpanStarter {
  readonly #ids = new NextIds();
  readonly #providers = new Map<string, BasicTracerProvider>();
  readonly #intake: SpanIntake;
  readonly #queue: SpanQueue;
  readonly #sampling: TraceSampling;

  constructor(intake: SpanIntake, queue: SpanQueue, sampling: TraceSampling) {
    this.#intake = intake;
    this.#queue = queue;
    this.#sampling = sampling;
  }

  /** OpenTelemetry's provider of a service, whose spans go the way of all others. */
  providerOf(serviceName: string): BasicTracerProvider {
    const known = this.#providers.get(serviceName);
    if (known !== undefined) return known;
    if (this.#providers.size >= keptProviders) this.#providers.clear();
    const provider = new BasicTracerProvider({
      resource: this.#intake.resourceOf(serviceName),
      sampler: this.#sampling.sampler,
      idGenerator: this.#ids,
      spanProcessors: [this.#queue],
      // What the record has is within its limits already.
      spanLimits: { attributeValueLengthLimit: Number.POSITIVE_INFINITY, attributeCountLimit: 1_024 },
    });
    this.#providers.set(serviceName, provider);
    return provider;
  }

  /** Begins the span of a record, under a span that is open, or the parent that the record names. */
  begin(record: SpanRecord, parent: Span | undefined): Span {
    const { traceId, spanId, parentSpanId, name, serviceName } = record;
    const tracer = this.providerOf(serviceName).getTracer(spanScope.name, spanScope.version);
    // A parent that is known by its id alone is taken as its trace is, which the sampler may have to be asked for.
    if (parentSpanId !== undefined) this.#sampling.admitted(record);
    const named =
      parentSpanId === undefined ? ROOT_CONTEXT : this.#sampling.parentContext(traceId, parentSpanId);
    const hasParent = parent !== undefined && isSpanContextValid(parent.spanContext());
    this.#ids.next(traceId, spanId);
    try {
      return tracer.startSpan(
        name,
        {
          kind: record.kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
          startTime: hrTimeOf(record.start),
          attributes: attributesObject(record.attributes),
        },
        hasParent ? trace.setSpan(ROOT_CONTEXT, parent) : named,
      );
    } finally {
      this.#ids.forget();
    }
  }
}
