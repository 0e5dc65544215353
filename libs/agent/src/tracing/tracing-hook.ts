import type { AssemblySettings, Counts } from '@kaizen-trace/assembler-core';
import type { EndWithin } from '../at-exit.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import type { HookEvent } from '../hooks/hook-event.js';
import { HookResult } from '../hooks/hook-result.js';
import type { Hook } from '../hooks/hook.js';
import type { EventReceiver } from '../receiver.js';
import type { Redactor } from '@kaizen-trace/redaction';
import { eventType } from '@kaizen-trace/settings';
import { LiveFold } from './live-fold.js';
import type { OnProblem, TellProblem } from './problems.js';
import { problemTeller } from './problems.js';
import { readInit } from './read-init.js';
import type { SpanIntake } from './span-intake.js';
import type { Redaction, TracingManager } from './tracing-manager.js';
import { redactorOf } from './tracing-manager.js';
import { toMs, within } from './within.js';

/** What a {@link TracingHook} is made with. */
export interface TracingHookOptions {
  /** Where the spans go. Several hooks may share one. */
  readonly tracingManager: TracingManager;
  /** The events that are traced; others are as if they had never been. All unless told. See {@link TracingHook}. */
  readonly eventsToTrace?: readonly HookEvent[] | undefined;
  /** `events`: each event is a span; `operations`: each pair of events is one. `events` unless told. */
  readonly layout?: 'events' | 'operations' | undefined;
  /** `service.name` of spans whose events name none; the manager's unless told. */
  readonly serviceName?: string | undefined;
  /** How long an operation waits for its POST, in milliseconds; seven days unless told. */
  readonly openTtlMs?: number | undefined;
  /** How long a POST waits for its PRE, and a finished trace is remembered, in milliseconds; 30,000 unless told. */
  readonly reorderGraceMs?: number | undefined;
  /** Open operations and waiting POSTs of all traces together; 100,000 unless told. One trace has 10,000 at most. */
  readonly maxOpenOperations?: number | undefined;
  /** Finished traces that are remembered; 10,000 unless told. */
  readonly maxRememberedTraces?: number | undefined;
  /** What is masked before anything is kept; the manager's unless told. False: nothing. */
  readonly redaction?: Redaction | undefined;
  /** Looks at each event before anything else does, and gives what is to be traced. An event at which it throws is refused. */
  readonly redact?: ((event: HookContextInit) => HookContextInit) | undefined;
  /** Is told what goes wrong here; whom the manager tells unless told. */
  readonly onProblem?: OnProblem | undefined;
  /** The time, in milliseconds since the epoch; the system's unless told. */
  readonly now?: (() => number) | undefined;
}

const limits = {
  openTtlMs: [1, 36_525 * 86_400_000],
  reorderGraceMs: [0, 86_400_000],
  maxOpenOperations: [1, 10_000_000],
  maxRememberedTraces: [0, 10_000_000],
} as const;

const check = (name: string, holds: boolean, remedy: string): void => {
  if (!holds) throw new TypeError(`TracingHook: ${name} ${remedy}`);
};

const isManager = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'intake' in value;

const checkOptions = (options: TracingHookOptions): void => {
  check(
    'options',
    typeof (options as unknown) === 'object' && (options as unknown) !== null,
    'must be an object',
  );
  const { tracingManager, layout, redact, now, serviceName } = options;
  check('tracingManager', isManager(tracingManager), 'must be a TracingManager');
  check(
    'layout',
    layout === undefined || ['events', 'operations'].includes(layout),
    "must be 'events' or 'operations'",
  );
  check('redact', redact === undefined || typeof redact === 'function', 'must be a function');
  check('now', now === undefined || typeof now === 'function', 'must be a function');
  check(
    'serviceName',
    serviceName === undefined ||
      (typeof serviceName === 'string' && serviceName.length >= 1 && serviceName.length <= 256),
    'must be a text of 1 to 256 characters',
  );
  for (const [name, [min, max]] of Object.entries(limits)) {
    const value = options[name as keyof typeof limits];
    const holds = value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max);
    check(name, holds, `must be a whole number from ${min} to ${max}`);
  }
};

/** In lower case, each once. */
const typesOf = (events: readonly HookEvent[] | undefined): readonly string[] | undefined => {
  if (events === undefined) return undefined;
  check('eventsToTrace', Array.isArray(events), 'must be an array of event types');
  const read = events.map((each) => {
    const outcome = eventType.parse(String(each));
    check(
      'eventsToTrace',
      typeof (each as unknown) === 'string' && outcome.type === 'parsed',
      `has ${JSON.stringify(String(each).slice(0, 80))}, which is no event type: use HookEvent, or names such as pre_tool_use`,
    );
    return outcome.type === 'parsed' ? outcome.value : '';
  });
  return [...new Set(read)];
};

const settingsOf = (options: TracingHookOptions, types: readonly string[] | undefined): AssemblySettings => {
  const { eventsToTrace: ofManager, ...assembly } = options.tracingManager.intake.assembly;
  const { layout, openTtlMs, reorderGraceMs, serviceName } = options;
  const eventsToTrace = types ?? ofManager;
  return {
    ...assembly,
    ...(layout === undefined ? {} : { layout }),
    ...(openTtlMs === undefined ? {} : { openTtlMs }),
    ...(reorderGraceMs === undefined ? {} : { reorderGraceMs }),
    ...(serviceName === undefined ? {} : { defaultServiceName: serviceName }),
    ...(eventsToTrace === undefined ? {} : { eventsToTrace }),
  };
};

const traced = new HookResult({ success: true });
const over = new HookResult({ success: false, error: 'tracing was shut down', errorType: 'TracingEnded' });

/**
 * Turns an agent's events into spans within this process, by the assembler's own rules: the same pairing, hierarchy, ids,
 * attributes and limits, so the spans are those that publishing the events would give. An event's place in the log is its
 * place among the calls of {@link handle}, its append time the time of that call.
 *
 * **Filter.** With `eventsToTrace`, all other events are as if they had never been; they get a success. So of a kind whose
 * POST alone is let through, every POST becomes an orphan (`kaizen.orphan`) once the grace has passed, since its PRE never
 * came. Of a kind whose PRE alone is let through, nothing can close the operation: it stays open, the parent of what
 * happens meanwhile, until the TTL has passed or the hook is shut down, and shows as abandoned (`kaizen.abandoned`). Let
 * pairs through. What is below an operation that is left out hangs below what contains that one.
 *
 * **Bounds.** One trace has 10,000 open operations, all traces together `maxOpenOperations`: when another opens, the oldest
 * ends with status ERROR `too many open operations`.
 *
 * @throws TypeError that names the option and what to write instead.
 */
export class TracingHook implements Hook, EventReceiver {
  readonly name = 'TracingHook';
  /** What `HookManager.registerHook` listens for: `eventsToTrace`, or every event. */
  readonly events: readonly HookEvent[] | undefined;
  readonly #intake: SpanIntake;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #redactor: Redactor;
  readonly #redact: ((event: HookContextInit) => HookContextInit) | undefined;
  readonly #tell: TellProblem;
  readonly #fold: LiveFold;
  readonly #unregister: () => void;
  #ending: Promise<boolean> | undefined;

  constructor(options: TracingHookOptions) {
    checkOptions(options);
    const { tracingManager, redaction, redact, onProblem } = options;
    const settings = settingsOf(options, typesOf(options.eventsToTrace));
    this.events = settings.eventsToTrace;
    this.#wanted = settings.eventsToTrace === undefined ? undefined : new Set(settings.eventsToTrace);
    this.#intake = tracingManager.intake;
    this.#redactor = redaction === undefined ? this.#intake.redactor : redactorOf(redaction);
    this.#redact = redact;
    this.#tell = onProblem === undefined ? this.#intake.tell : problemTeller(onProblem);
    this.#fold = new LiveFold({
      settings,
      maxOpenOperations: options.maxOpenOperations ?? 100_000,
      maxRememberedTraces: options.maxRememberedTraces ?? 10_000,
      now: options.now ?? Date.now,
      take: (span) => this.#intake.take(span),
      room: () => this.#intake.room,
    });
    const end: EndWithin = (ms) => this.shutdown(ms / 1000);
    this.#unregister = this.#intake.register(end);
  }

  /** What became of the events so far; the counts of the assembler. */
  get counts(): Counts {
    return this.#fold.counts;
  }

  /**
   * Takes one event, and answers at once: a success, or a failure that names the field that breaks a rule of the contract.
   * Never throws. Keeps nothing of what it was given: `data` may change afterwards.
   */
  handle(event: HookContextInit): HookResult {
    if (this.#ending !== undefined || this.#intake.isOff) return this.#closedResult();
    try {
      // Settings never change within a process, so a POST that is left out closes nothing and need not be looked at.
      if (this.#wanted !== undefined && !this.#wanted.has(String(event.eventType).toLowerCase()))
        return traced;
      const reading = readInit(this.#redact === undefined ? event : this.#redact(event));
      if (reading.type === 'refused')
        return this.#refused(`${reading.field ?? 'the event'} ${reading.reason}`);
      this.#fold.fold(this.#redactor.event(reading.event));
      return traced;
    } catch (error) {
      const { errorType = 'no error' } = HookResult.failed(error);
      return this.#refused(`redacting or tracing it failed (${errorType})`);
    }
  }

  /**
   * Ends what is still open, with `kaizen.abandoned` and status ERROR `tracing was shut down`; makes orphans of POSTs that
   * wait for their PRE; then flushes the manager, which other hooks may go on using. True where the backend has taken
   * everything within `timeoutSeconds`. Never rejects; further calls wait for the first.
   */
  shutdown(timeoutSeconds = 30): Promise<boolean> {
    const ms = toMs(timeoutSeconds);
    this.#ending ??= this.#end(ms);
    return within(this.#ending, ms);
  }

  async #end(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    let isSent = true;
    for (const spans of this.#fold.end('tracing was shut down')) {
      // A full queue is sent first, as long as the backend takes it and there is time; what finds no place is counted.
      if (isSent && this.#intake.room < spans.length)
        isSent = await this.#intake.flush(deadline - Date.now());
      for (const span of spans) this.#intake.take(span);
    }
    this.#unregister();
    return (await this.#intake.flush(deadline - Date.now())) && isSent;
  }

  #closedResult(): HookResult {
    return this.#ending === undefined && !this.#intake.isClosed ? traced : over;
  }

  #refused(reason: string): HookResult {
    this.#intake.refuse();
    this.#tell('refused event', `an event was refused: ${reason}`);
    return new HookResult({ success: false, error: reason, errorType: 'InvalidEvent' });
  }
}
