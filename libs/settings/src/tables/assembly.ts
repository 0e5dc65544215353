import { eventType, flag, list, oneOf, text, wholeNumber } from '../parsers.js';
import { duration } from '../quantity-parsers.js';
import { setting, settingsGroup } from '../setting.js';

/** How events become spans. Durations in milliseconds. */
export interface AssemblySettings {
  readonly defaultServiceName: string;
  readonly layout: 'events' | 'operations';
  /** Lower-cased event types; `undefined`: all. */
  readonly eventsToTrace: readonly string[] | undefined;
  readonly openTtlMs: number;
  readonly reorderGraceMs: number;
  readonly nestedAsJson: boolean;
  readonly progressSpans: boolean;
  /** UTF-16 units. */
  readonly attributeLength: number;
}

/** The rows behind {@link assemblySettings}. */
export const assemblyRows = {
  defaultServiceName: setting({
    names: ['OTEL_SERVICE_NAME', 'SERVICE_NAME'],
    parser: text(256),
    default: 'kaizen-agents',
    about: 'Service of spans whose events name none.',
  }),
  layout: setting({
    names: ['KAIZEN_SPAN_LAYOUT'],
    parser: oneOf('events', 'operations'),
    default: 'events',
    about: '`events`: each event is a span; `operations`: each pair of events is one.',
  }),
  eventsToTrace: setting({
    names: ['KAIZEN_EVENTS_TO_TRACE'],
    parser: list(eventType),
    about: 'Event types to trace, with commas between; others are as if absent from the log. Unset: all.',
  }),
  openTtlMs: setting({
    names: ['KAIZEN_OPEN_TTL'],
    parser: duration({ min: 1_000 }),
    default: 7 * 86_400_000,
    about: 'How long an operation may stay open before it counts as abandoned.',
  }),
  reorderGraceMs: setting({
    names: ['KAIZEN_REORDER_GRACE'],
    parser: duration({ max: 86_400_000 }),
    default: 30_000,
    about:
      'How long a POST waits for a PRE that comes after it, and how long a finished trace is remembered.',
  }),
  nestedAsJson: setting({
    names: ['KAIZEN_NESTED_AS_JSON'],
    parser: flag,
    default: false,
    about: 'Whether nested values become attributes as JSON text; otherwise they are left out and counted.',
  }),
  progressSpans: setting({
    names: ['KAIZEN_PROGRESS_SPANS'],
    parser: flag,
    default: false,
    about:
      'Whether each operation that begins gives a placeholder span at once, under an id of its own, so that the backend shows what is running.',
  }),
  attributeLength: setting({
    names: ['KAIZEN_ATTRIBUTE_LENGTH'],
    parser: wholeNumber(64, 262_144),
    default: 4_096,
    about: 'Where strings in spans are cut, in characters (UTF-16 units).',
  }),
};

/** The assembly settings; part of what makes spans deterministic. */
export const assemblySettings = settingsGroup(assemblyRows, (values) => ({
  value: values satisfies AssemblySettings,
}));
