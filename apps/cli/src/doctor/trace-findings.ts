import type { SpanView } from './trace-view.js';

/** What is odd about a trace, and what to do. */
export interface Finding {
  readonly problem: string;
  readonly remedy: string;
}

/** What is known of a trace beside its spans. */
export interface Surroundings {
  /** Ids of the spans that its open operations will have; undefined where nobody could be asked. */
  readonly open: ReadonlySet<string> | undefined;
}

const named = 3;

/** The first few names, each once. */
const namesOf = (spans: readonly SpanView[]): string => {
  const names = [...new Set(spans.map(({ name }) => name))];
  const rest = names.length - named;
  return names.slice(0, named).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
};

const spansText = (count: number): string => (count === 1 ? '1 span' : `${count} spans`);

const isMarked = (mark: string) => (span: SpanView) => span.tags.get(mark) === true;

const abandoned = (spans: readonly SpanView[]): readonly Finding[] => {
  const found = spans.filter(isMarked('kaizen.abandoned'));
  if (found.length === 0) return [];
  return [
    {
      problem: `${spansText(found.length)} never got a POST (${namesOf(found)}), and ended as abandoned`,
      remedy:
        'The agent died, or left the POST out: emit it on failure too, with the name and call_id of its PRE; a filter must let both through; KAIZEN_OPEN_TTL is how long a POST is waited for',
    },
  ];
};

const orphans = (spans: readonly SpanView[]): readonly Finding[] => {
  const found = spans.filter(isMarked('kaizen.orphan'));
  if (found.length === 0) return [];
  return [
    {
      problem: `${spansText(found.length)} came from a POST without a PRE (${namesOf(found)}), as orphans`,
      remedy:
        'Emit the PRE first, with the same kind, name and call_id; a filter must let both through; a PRE that is later than KAIZEN_REORDER_GRACE, or after the operation was abandoned, is too late',
    },
  ];
};

const parentless = (spans: readonly SpanView[], { open }: Surroundings): readonly Finding[] => {
  const ids = new Set(spans.map(({ id }) => id));
  const found = spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId));
  const running = found.filter(({ parentId }) => open?.has(parentId!) === true);
  const lost = found.filter((span) => !running.includes(span));
  return [
    ...(running.length === 0
      ? []
      : [
          {
            problem: `${spansText(running.length)} (${namesOf(running)}) belong under an operation that is still open`,
            remedy: 'Their parent shows when its POST comes: see `kaizen-trace open`',
          },
        ]),
    ...(lost.length === 0
      ? []
      : [
          {
            problem: `${spansText(lost.length)} (${namesOf(lost)}) name a parent that is not in the trace`,
            remedy:
              'Check parent_call_id: it must be the call_id of a PRE with the same trace_id, that the filter lets through; or the parent’s spans went to another backend, or are not there yet',
          },
        ]),
  ];
};

/** Kinds that have spans of one half only: in layout `events` each half has its own. */
const halves = (spans: readonly SpanView[]): readonly Finding[] => {
  const plain = spans.filter(
    (span) => !isMarked('kaizen.abandoned')(span) && !isMarked('kaizen.orphan')(span),
  );
  const types = new Set(plain.map(({ tags }) => String(tags.get('event_type'))));
  const alone = (half: string, other: string): readonly string[] =>
    [...types].filter((type) => type.startsWith(half) && !types.has(other + type.slice(half.length)));
  const [pre, post] = [alone('pre_', 'post_'), alone('post_', 'pre_')];
  const finding = (have: readonly string[], lacking: string): readonly Finding[] =>
    have.length === 0
      ? []
      : [
          {
            problem: `there are spans of ${have.join(', ')}, but none of the ${lacking}`,
            remedy: `Look at eventsToTrace and KAIZEN_EVENTS_TO_TRACE: they should name both halves; or the ${lacking} are still on their way`,
          },
        ];
  return [...finding(pre, 'POSTs'), ...finding(post, 'PREs')];
};

const clocks = (spans: readonly SpanView[]): readonly Finding[] => {
  const found = spans.filter(({ tags }) => tags.has('kaizen.clock_skew_ms'));
  if (found.length === 0) return [];
  return [
    {
      problem: `${spansText(found.length)} end before they begin (${namesOf(found)}), and were given no length`,
      remedy: 'The clocks of two machines of the agent differ: kaizen.clock_skew_ms says by how much',
    },
  ];
};

/** What is odd about the spans of one trace. */
export const findingsOf = (spans: readonly SpanView[], around: Surroundings): readonly Finding[] => [
  ...abandoned(spans),
  ...orphans(spans),
  ...parentless(spans, around),
  ...halves(spans),
  ...clocks(spans),
];
