import type { GroupInput, SpanInput } from './otlp-bytes.js';

/** One run's own names and ids: the Jaeger that it is compared with is shared. */
export interface RichTraces {
  readonly agents: string;
  readonly tools: string;
  /** 128-bit, 64-bit (upper half zero), and so on. */
  readonly ids: Readonly<Record<'wide' | 'narrow' | 'long' | 'odd' | 'late' | 'twins', string>>;
  /** Nanoseconds since the epoch. */
  readonly base: bigint;
  readonly requests: readonly (readonly GroupInput[])[];
}

const ms = 1_000_000n;
const hour = 3_600_000n * ms;
const brokenText = Buffer.from([0x61, 0xff, 0x62]);

const valuesOf: NonNullable<SpanInput['attributes']> = [
  ['text', 'plain'],
  ['unicode', 'žluťoučký 🐎 <b>&amp;</b> \u2028'],
  ['empty', ''],
  ['yes', true],
  ['no', false],
  ['int', 42n],
  ['negative', -7n],
  ['biggest.safe', 2n ** 53n - 1n],
  ['big', 2n ** 53n],
  ['big.negative', -(2n ** 53n)],
  ['biggest', 2n ** 63n - 1n],
  ['smallest', -(2n ** 63n)],
  ['double', 0.1],
  ['double.whole', 5],
  ['double.tiny', 1.5e-9],
  ['double.huge', 1e21],
  ['double.negative.zero', -0],
  ['texts', ['a', 'ü', '<&>', '"']],
  ['ints', [1n, 2n ** 60n]],
  ['doubles', [1.5, 2, 1e-7, -0]],
  ['bools', [true, false]],
  ['nothing', []],
  ['mixed', ['a', 1n, true, undefined, Buffer.from('xyz')]],
  ['bytes', Buffer.from([0, 1, 2, 255])],
  ['bytes.none', Buffer.alloc(0)],
  [
    'map',
    new Map<string, string | bigint | Map<string, bigint>>([
      ['z', 'last'],
      ['a', 1n],
      ['m', new Map([['deep', 2n]])],
    ]),
  ],
  ['map.none', new Map()],
  ['absent', undefined],
  ['not.a.number.in.array', [Number.NaN]],
  ['repeated', 'first'],
  ['repeated', 'second'],
];

const wide = (trace: string, base: bigint): readonly SpanInput[] => [
  { trace, id: '0000000000000001', name: 'pre_agent_loop', kind: 1, start: base, end: base + 900n * ms },
  {
    trace,
    id: '00000000000000a2',
    parent: '0000000000000001',
    name: 'pre_tool_use:search',
    kind: 3,
    start: base + 100n * ms + 123n,
    end: base + 200n * ms,
    attributes: valuesOf,
    status: { code: 2, message: 'It failed: "so" <it> did' },
    traceState: 'vendor=1',
    dropped: 3,
    events: [
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
    ],
    links: [
      { trace: 'ffffffffffffffffffffffffffffffff', id: '00000000000000ff' },
      { trace, id: '0000000000000001', attributes: [['opentracing.ref_type', 'follows_from']] },
      { trace: '', id: '' },
      { trace, id: '00000000000000a3', attributes: [['opentracing.ref_type', 'child_of']] },
    ],
  },
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
  // The server's side of the client's span, under the same id.
  {
    trace,
    id: '00000000000000a2',
    parent: '0000000000000001',
    name: 'serve search',
    kind: 2,
    start: base + 120n * ms,
    end: base + 180n * ms,
  },
];

const odd = (trace: string, base: bigint): readonly SpanInput[] => [
  { trace, id: '00000000000000c1', name: brokenText, start: base, end: base + 5n * ms },
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

/** Traces with all that OTLP can say and Jaeger shows, under names that only this run uses. */
export const richTraces = (run: string, base: bigint): RichTraces => {
  const id = (letter: string): string => `${letter}${run}`.padEnd(32, letter);
  const ids = {
    wide: id('a'),
    narrow: `${'0'.repeat(16)}${run.slice(0, 8).padStart(8, '1')}0000000b`,
    long: id('c'),
    odd: id('d'),
    late: id('e'),
    twins: id('9'),
  };
  const agents = `agents-${run}`;
  const toolService = `tools/ü ${run}`;
  const scope = { name: 'kaizen-trace', version: '1', attributes: [['scope.key', 'scope value']] as const };
  const agentResource = [
    ['service.name', agents],
    ['host.name', 'h1'],
    ['count', 3n],
  ] as const;
  const toolResource = [
    ['service.name', toolService],
    ['ip', '10.0.0.1'],
    ['list', ['x']],
  ] as const;
  const twin: SpanInput = {
    trace: ids.twins,
    id: '00000000000000e1',
    name: 'twin',
    start: base + 1_040n * ms,
    end: base + 1_050n * ms,
  };
  const long: SpanInput = {
    trace: ids.long,
    id: '00000000000000f1',
    name: 'pre_agent_loop',
    start: base - 31n * hour,
    end: base - hour,
    attributes: [['session', 'long']],
  };
  const narrow: SpanInput = {
    trace: ids.narrow,
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
  };
  const late: SpanInput = {
    trace: ids.late,
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
  };
  return {
    agents,
    tools: toolService,
    ids,
    base,
    requests: [
      [{ resource: agentResource, spans: [long] }],
      [
        { resource: agentResource, scope, spans: wide(ids.wide, base) },
        { resource: toolResource, scope: { name: 'tools' }, spans: tools(ids.wide, base) },
      ],
      [
        {
          resource: [
            ['service.name', `odd-${run}`],
            ['k', brokenText.toString('latin1')],
          ],
          spans: odd(ids.odd, base),
        },
        {
          resource: [['service.name', `odd-${run}`]],
          spans: [
            {
              trace: ids.odd,
              id: '00000000000000c3',
              name: 'same id, other body',
              start: base,
              end: base + ms,
            },
          ],
        },
      ],
      [{ resource: agentResource, scope, spans: [narrow] }],
      [{ resource: agentResource, spans: [late] }],
      [{ resource: agentResource, spans: [twin, twin] }],
      [{ resource: agentResource, spans: [twin] }],
    ],
  };
};
