/**
 * What the spans depend on besides the log. An operation keeps the settings of its PRE for its whole life, whatever the
 * partition runs with by then.
 */
export interface AssemblySettings {
  readonly layout: 'events' | 'operations';
  /** How long a POST waits for its PRE, and a finished trace is remembered; milliseconds of stream time. */
  readonly reorderGraceMs: number;
  /** How long an operation waits for its POST; milliseconds of stream time. */
  readonly openTtlMs: number;
  /** `service.name` where neither the event nor its PRE names one. */
  readonly defaultServiceName: string;
  /** Attributes of one span, computed ones included. */
  readonly maxAttributes: number;
  /** UTF-16 units of one string. */
  readonly maxStringLength: number;
  /** Nested values and mixed arrays become JSON text instead of being left out and counted. */
  readonly nestedAsJson: boolean;
  /** Whether an operation that begins gives a placeholder span at once. */
  readonly progressSpans: boolean;
  /** Event types in lower case; all others are as if absent from the log. Undefined: every type. */
  readonly eventsToTrace?: readonly string[];
  /** Open operations of one trace. */
  readonly maxOpenOperations: number;
  /** Event ids that a trace remembers besides those of its open operations. */
  readonly rememberedEventIds: number;
  /** call_ids that a trace remembers besides those of its open operations. */
  readonly rememberedCallIds: number;
  /** Point events that one open operation takes as span events. */
  readonly maxSpanEvents: number;
  /** UTF-16 units of all of an operation's span events together, so that its state entry stays within a message. */
  readonly maxSpanEventUnits: number;
}

/** The contract's defaults. */
export const defaultSettings: AssemblySettings = {
  layout: 'events',
  reorderGraceMs: 30_000,
  openTtlMs: 7 * 24 * 60 * 60 * 1000,
  defaultServiceName: 'kaizen-agents',
  maxAttributes: 128,
  maxStringLength: 4096,
  nestedAsJson: false,
  progressSpans: false,
  maxOpenOperations: 10_000,
  rememberedEventIds: 256,
  rememberedCallIds: 256,
  maxSpanEvents: 128,
  maxSpanEventUnits: 131_072,
};

/** Settings with their filter ready to be asked. */
export interface CompiledSettings extends AssemblySettings {
  /** What was compiled, as it is stored. */
  readonly source: AssemblySettings;
  /** Position in the partition's settings table. */
  readonly index: number;
  readonly traces: (eventType: string) => boolean;
}

/** Settings at a place in the table, ready for use. */
export const compileSettings = (settings: AssemblySettings, index: number): CompiledSettings => {
  const { eventsToTrace } = settings;
  if (eventsToTrace === undefined) return { ...settings, source: settings, index, traces: () => true };
  const traced = new Set(eventsToTrace);
  return { ...settings, source: settings, index, traces: (eventType) => traced.has(eventType) };
};

const canonical = (settings: AssemblySettings): string =>
  JSON.stringify(
    Object.entries({
      ...settings,
      eventsToTrace: settings.eventsToTrace && [...new Set(settings.eventsToTrace)].sort(),
    })
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Whether two settings lead to the same spans. */
export const sameSettings = (a: AssemblySettings, b: AssemblySettings): boolean =>
  canonical(a) === canonical(b);
