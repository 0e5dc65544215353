import type { Resource } from '@opentelemetry/resources';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { SpanRecord } from '@kaizen-trace/contracts';
import type { Redactor } from '@kaizen-trace/redaction';
import type { EndWithin } from '../at-exit.js';
import type { TracingPlan } from './plan.js';
import type { TellProblem } from './problems.js';
import { attributesObject, RecordSpan } from './record-span.js';
import type { TraceSampling } from './sampling.js';
import type { SpanQueue } from './span-queue.js';

/** Services whose resource is remembered; an agent has a few. */
const rememberedServices = 1_000;

/** What an intake is made of. */
export interface SpanIntakeParts {
  readonly plan: TracingPlan;
  readonly queue: SpanQueue;
  readonly sampling: TraceSampling;
  readonly redactor: Redactor;
  readonly tell: TellProblem;
}

/** Where hooks hand in the spans that they folded. */
export class SpanIntake {
  readonly #parts: SpanIntakeParts;
  readonly #resources = new Map<string, Resource>();
  readonly #hooks = new Set<EndWithin>();

  constructor(parts: SpanIntakeParts) {
    this.#parts = parts;
  }

  /** Nothing is taken, since tracing is off or was shut down. */
  get isOff(): boolean {
    return this.#parts.plan.isDisabled || this.#parts.queue.isClosed;
  }

  /** It was shut down; events that come now are lost. */
  get isClosed(): boolean {
    return this.#parts.queue.isClosed;
  }

  /** How events become spans, unless a hook is told otherwise. */
  get assembly(): AssemblySettings {
    return this.#parts.plan.assembly;
  }

  /** What masks secrets, unless a hook has its own. */
  get redactor(): Redactor {
    return this.#parts.redactor;
  }

  /** How many spans the queue has room for. */
  get room(): number {
    return this.#parts.queue.room;
  }

  get tell(): TellProblem {
    return this.#parts.tell;
  }

  /** Takes a finished span, or counts it as left out. */
  take(span: SpanRecord): void {
    const { queue, sampling } = this.#parts;
    const admitted = sampling.admitted(span);
    if (admitted === undefined) {
      queue.counters.ended += 1;
      queue.counters.notSampled += 1;
      return;
    }
    queue.onEnd(new RecordSpan(admitted, this.resourceOf(admitted.serviceName)));
  }

  /** Counts an event that gives no span. */
  refuse(): void {
    this.#parts.queue.counters.refusedEvents += 1;
  }

  /** Whether everything taken before has reached the backend, within a time in milliseconds. */
  flush(ms: number): Promise<boolean> {
    return this.#parts.queue.flush(ms);
  }

  /** The resource of a service: its name, and what was told besides. */
  resourceOf(serviceName: string): Resource {
    const known = this.#resources.get(serviceName);
    if (known !== undefined) return known;
    if (this.#resources.size >= rememberedServices) this.#resources.clear();
    const others = attributesObject(this.#parts.plan.resourceAttributes);
    const resource = resourceFromAttributes({ 'service.name': serviceName, ...others });
    this.#resources.set(serviceName, resource);
    return resource;
  }

  /** Has a hook end before the queue does. Answers what takes it back. */
  register(end: EndWithin): () => void {
    this.#hooks.add(end);
    return () => this.#hooks.delete(end);
  }

  /** Ends the hooks. Never rejects. */
  async endHooks(ms: number): Promise<boolean> {
    const ended = await Promise.all([...this.#hooks].map((end) => end(ms)));
    return ended.every((isEnded) => isEnded === true);
  }
}
