import { everyValue } from './every-value.js';
import type { GroupInput, Pairs, SpanInput } from './otlp-bytes.js';

/** One run's own names and ids: the Jaeger that it is compared with is shared. */
export interface RichTraces {
  readonly agents: string;
  readonly tools: string;
  /** 128-bit, 64-bit (upper half zero), and so on. */
  readonly ids: Readonly<Record<'wide' | 'narrow' | 'long' | 'odd' | 'late' | 'twins' | 'shared', string>>;
  /** Nanoseconds since the epoch. */
  readonly base: bigint;
  readonly requests: readonly (readonly GroupInput[])[];
}

const ms = 1_000_000n;
const hour = 3_600_000n * ms;
const brokenText = Buffer.from([0x61, 0xff, 0x62]);

const eventsOf = (base: bigint): NonNullable<SpanInput['events']> => [
  {
    name: 'exception',
    time: base + 200n * ms,
    attributes: [
      ['exception.type', 'Error'],
      ['exception.message', 'žluť'],
      ['a.first', [1n, 2n]],
    ],
  },
  { name: 'named', time: base + 150n * ms, attributes: [['event', 'own name']] },
  {
    name: 'ten',
    time: base + 150n * ms,
    attributes: [
      ['event', 10n],
      ['b', true],
    ],
  },
  { name: '', time: base + 160n * ms, attributes: [['z', 'z']] },
  { name: 'bare', time: 0n },
];

const linksOf = (trace: string): NonNullable<SpanInput['links']> => [
  { trace: 'ffffffffffffffffffffffffffffffff', id: '00000000000000ff' },
  { trace, id: '0000000000000001', attributes: [['opentracing.ref_type', 'follows_from']] },
  { trace: '', id: '' },
  { trace, id: '00000000000000a3', attributes: [['opentracing.ref_type', 'child_of']] },
];

const failedTool = (trace: string, base: bigint): SpanInput => ({
  trace,
  id: '00000000000000a2',
  parent: '0000000000000001',
  name: 'pre_tool_use:search',
  kind: 3,
  start: base + 100n * ms + 123n,
  end: base + 200n * ms,
  attributes: everyValue,
  status: { code: 2, message: 'It failed: "so" <it> did' },
  traceState: 'vendor=1',
  dropped: 3,
  events: eventsOf(base),
  links: linksOf(trace),
});

const wide = (trace: string, base: bigint): readonly SpanInput[] => [
  { trace, id: '0000000000000001', name: 'pre_agent_loop', kind: 1, start: base, end: base + 900n * ms },
  failedTool(trace, base),
  {
    trace,
    id: '00000000000000a3',
    parent: '0000000000000001',
    name: 'zero length',
    kind: 2,
    start: base + 250n * ms,
    end: base + 250n * ms,
    status: { code: 1 },
  },
  {
    trace,
    id: '00000000000000a4',
    parent: '0000000000000001',
    name: 'one nanosecond',
    kind: 4,
    start: base + 250n * ms,
    end: base + 250n * ms + 1n,
  },
  {
    trace,
    id: '00000000000000a5',
    parent: '00000000000000a2',
    name: 'before its parent',
    kind: 5,
    start: base + 50n * ms,
    end: base + 60n * ms,
  },
  {
    trace,
    id: '00000000000000a6',
    parent: 'eeeeeeeeeeeeeeee',
    name: 'orphan',
    kind: 0,
    start: base + 300n * ms,
    end: base + 100n * ms,
    attributes: [['ip', 2_130_706_433n]],
  },
];

const tools = (trace: string, base: bigint): readonly SpanInput[] => [
  {
    trace,
    id: '00000000000000b1',
    parent: '00000000000000a2',
    name: 'serve',
    kind: 2,
    start: base + 110n * ms,
    end: base + 900n * ms,
    attributes: [
      ['telemetry.sdk.language', 'nodejs'],
      ['peer.ipv4', 16_909_060n],
      ['http.status_code', 200n],
    ],
  },
];

/** Both sides of a call under one id, as Zipkin's clients send it, and a child of the server's. */
const shared = (trace: string, base: bigint): Readonly<Record<'client' | 'server', readonly SpanInput[]>> => {
  const call: SpanInput = {
    trace,
    id: '00000000000000aa',
    name: 'call',
    kind: 3,
    start: base,
    end: base + 9n * ms,
  };
  const served: SpanInput = { ...call, name: 'serve', kind: 2, start: base + ms, end: base + 8n * ms };
  const inner: SpanInput = { ...served, id: '00000000000000ab', parent: call.id, name: 'inner', kind: 1 };
  return { client: [call], server: [served, inner] };
};

const odd = (trace: string, base: bigint): readonly SpanInput[] => [
  {
    trace,
    id: '00000000000000c1',
    name: brokenText,
    start: base,
    end: base + 5n * ms,
    attributes: [
      ['broken', { rawText: brokenText }],
      [brokenText, 1n],
    ],
    events: [{ name: 'broken', time: base, attributes: [['broken', { rawText: brokenText }]] }],
  },
  {
    trace,
    id: '00000000000000c2',
    parent: '00000000000000c2',
    name: 'its own parent',
    start: base + ms,
    end: base + 3n * ms,
    attributes: [
      ['@jaeger@warnings', ['told by the sender']],
      ['ip', 3.7],
    ],
  },
  { trace, id: '00000000000000c3', name: 'same id', start: base + 2n * ms, end: base + 3n * ms },
  { trace, id: '00000000000000c4', name: '', start: base + 2n * ms, end: base + 3n * ms, kind: 77 },
];

const ids = (run: string): RichTraces['ids'] => {
  const id = (letter: string): string => `${letter}${run}`.padEnd(32, letter);
  return {
    wide: id('a'),
    narrow: `${'0'.repeat(16)}${run.padStart(8, '1')}0000000b`,
    long: id('c'),
    odd: id('d'),
    late: id('e'),
    twins: id('9'),
    shared: id('8'),
  };
};

const single = (
  trace: string,
  base: bigint,
): Readonly<Record<'twin' | 'long' | 'narrow' | 'late', SpanInput>> => ({
  twin: { trace, id: '00000000000000e1', name: 'twin', start: base + 1_040n * ms, end: base + 1_050n * ms },
  long: {
    trace,
    id: '00000000000000f1',
    name: 'pre_agent_loop',
    start: base - 31n * hour,
    end: base - hour,
    attributes: [['session', 'long']],
  },
  narrow: {
    trace,
    id: '00000000000000d1',
    name: 'pre_agent_loop',
    start: base + 1_020n * ms,
    end: base + 3_020n * ms,
    attributes: [
      ['session', 's-1'],
      ['turn', 2n],
      ['score', 0.5],
    ],
    status: { code: 1 },
  },
  late: {
    trace,
    id: '00000000000000a1',
    name: 'pre_llm_call',
    kind: 3,
    start: base + 1_030n * ms,
    end: base + 1_030n * ms + 1_500_000n,
    attributes: [
      ['session', 's-1'],
      ['model', 'm:1'],
    ],
    status: { code: 2, message: 'late' },
  },
});

const scope = { name: 'kaizen-trace', version: '1', attributes: [['scope.key', 'scope value']] as const };

const serviceNamed = (name: string, ...more: Pairs): Pairs => [['service.name', name], ...more];

/** The odd spans, and one that has the id of another of them under a slightly different resource. */
const oddRequest = (trace: string, run: string, base: bigint): readonly GroupInput[] => [
  { resource: serviceNamed(`odd-${run}`, ['k', { rawText: brokenText }]), spans: odd(trace, base) },
  {
    resource: serviceNamed(`odd-${run}`),
    spans: [{ trace, id: '00000000000000c3', name: 'same id, other body', start: base, end: base + ms }],
  },
];

const sharedRequest = (trace: string, run: string, base: bigint): readonly GroupInput[] => {
  const { client, server } = shared(trace, base);
  return [
    { resource: serviceNamed(`shared-client-${run}`), spans: client },
    { resource: serviceNamed(`shared-server-${run}`), spans: server },
  ];
};

/**
 * Traces with all that OTLP can say and Jaeger shows, under names that only this run (eight hex digits) uses. The times
 * lie around `base`; they come in the order of their newest span.
 */
export const richTraces = (run: string, base: bigint): RichTraces => {
  const own = ids(run);
  const agents = `agents-${run}`;
  const toolService = `tools/ü ${run}`;
  const resource = serviceNamed(agents, ['host.name', 'h1'], ['count', 3n]);
  const toolResource = serviceNamed(toolService, ['ip', '10.0.0.1'], ['list', ['x']]);
  const { twin } = single(own.twins, base);
  return {
    agents,
    tools: toolService,
    ids: own,
    base,
    requests: [
      [{ resource, spans: [single(own.long, base).long] }],
      [
        { resource, scope, spans: wide(own.wide, base) },
        { resource: toolResource, scope: { name: 'tools' }, spans: tools(own.wide, base) },
      ],
      oddRequest(own.odd, run, base),
      sharedRequest(own.shared, run, base),
      [{ resource, scope, spans: [single(own.narrow, base).narrow] }],
      [{ resource, spans: [single(own.late, base).late] }],
      [{ resource, spans: [twin, twin] }],
      [{ resource, spans: [twin] }],
    ],
  };
};
