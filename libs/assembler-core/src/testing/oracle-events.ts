import fc from 'fast-check';
import type { HookContext, JsonValue } from '@kaizen-trace/contracts';
import { readEvent } from '@kaizen-trace/contracts';

/** One of a few values; repeat one to have it more often. */
export const among = <Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);

/** `value` in about `often` of ten. */
export const sometimes = <Value>(
  value: fc.Arbitrary<Value>,
  often: number,
): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: often, arbitrary: value }, { weight: 10 - often, arbitrary: fc.constant(undefined) });

/** The kinds of small logs. */
export const kinds = [
  'agent_loop',
  'tool_use',
  'llm_call',
  'memory_read',
  'memory_x',
  'specialist_invoke',
  'plan_generation',
  'permission_check',
  'checkpoint_save',
  'interrupt',
  'custom.x',
  'memory',
] as const;

/** A kind; tools more often, whose pairs and parents have the most rules. */
export const kind = among('tool_use', 'tool_use', ...kinds);

const texts = ['', 'a', 'naïve 😀😀 text', '😀😀😀', 'a longer text than most', '\ud83d'];
const scalar: fc.Arbitrary<JsonValue> = among<JsonValue>(
  ...texts,
  0,
  1,
  -2.5,
  9007199254740992,
  true,
  false,
  null,
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  {
    weight: 3,
    arbitrary: among<JsonValue>(
      [],
      [1, 2],
      [1, 2.5],
      ['x', '😀😀😀😀'],
      [true, false],
      [1, 'x'],
      [null],
      [1, null],
      [[1]],
      [{}],
      {},
      { a: [1, { b: null }] },
    ),
  },
);

const keys = [
  'k1',
  'k2',
  'k3',
  '7',
  '',
  '__proto__',
  'constructor',
  'agent_id',
  'trace_id',
  'event_type',
  'tool_name',
  'model',
  'specialist_name',
  'duration_ms',
  'kaizen.orphan',
  'kaizen.clock_skew_ms',
  'kaizen.mine',
  'call_id',
  'parent_call_id',
  'service_name',
  'parent_span_id',
  'gen_ai.agent.id',
  'gen_ai.request.model',
  'gen_ai.tool.name',
  'error.type',
  'provider',
  'input_tokens',
  'prompt_tokens',
  'output_tokens',
  'completion_tokens',
  'success',
  'error',
] as const;

const nameFields: fc.Arbitrary<Readonly<Record<string, JsonValue>>> = fc
  .tuple(
    among<string | number | undefined>('n1', 'n1', 'n2', 'n2', undefined, undefined, '', 5),
    among('tool_name', 'model', 'specialist_name'),
  )
  .map(([name, key]): Record<string, JsonValue> =>
    name === undefined ? {} : { tool_name: name, model: name, specialist_name: name, [key]: name },
  );

const loose: fc.Arbitrary<Readonly<Record<string, JsonValue>>> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.tuple(among(...keys), value), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries)),
  },
);

const failures: fc.Arbitrary<Readonly<Record<string, JsonValue>>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: among<Readonly<Record<string, JsonValue>>>(
      { error: 'broken' },
      { error: '' },
      { error: '', success: false },
      { success: false },
      { success: true },
      { success: false, error: 'broken' },
      { success: true, error: 'broken' },
      { error: {} },
      { error: [] },
      { error: { type: 'T', message: 'm', stack: 's' } },
      { error: { type: '', message: '', stack: '' } },
      { error: { type: 1, message: 2, stack: 3 } },
      { error: { message: 'a message 😀😀 of some length' } },
      { error: null, success: false },
      { error: 7 },
    ),
  },
);

const results: fc.Arbitrary<JsonValue | undefined> = sometimes(
  among<JsonValue>(
    { success: true },
    { success: true, error: 'ignored', duration_ms: 0.003 },
    { success: true, data: { k1: 'from result', k9: 1 } },
    { success: false, error: 'bad' },
    { success: false, error: '' },
    { success: false, error: 'bad 😀😀', error_type: 'Type', stack: 'at x' },
    { success: false, error: 'bad', error_type: '', stack: '' },
    { success: true, duration_ms: -1 },
    { success: true, duration_ms: 0.0012345 },
    { success: true, duration_ms: 1e30 },
    { success: true, duration_ms: 1e305 },
    { success: true, duration_ms: 86_400_000.25 },
  ),
  4,
);

const eventTypes = fc
  .tuple(among('pre_', 'pre_', 'pre_', 'post_', 'post_', 'post_', ''), among(...kinds))
  .map(([phase, kind]) => (phase === '' && kind === 'custom.x' ? 'note' : phase + kind));

const traceIds = [
  't1',
  '7F3C1D2E-0000-4000-8000-00000000ABCD',
  '00000000000000000000000000000000',
  'ABCDEFABCDEFABCDEFABCDEFABCDEFAB',
] as const;

/** An event as JSON has it, of all forms that the contract allows. */
export const eventJson = fc.record({
  event_type: eventTypes,
  agent_id: among('a', 'a', 'b', 'agent c 😀'),
  trace_id: among('t1', 't1', 't1', 't1', 't1', 't1', 't1', 't1', 't1', 't1', ...traceIds),
  timestamp: fc
    .tuple(among(0, 0, 0, 1_761_234_567), fc.nat({ max: 12 }))
    .map(([seconds, micro]) => seconds + micro / 1e6),
  event_id: sometimes(among('e0', 'e1', 'e2'), 2),
  call_id: sometimes(among('c1', 'c2', 'c3'), 5),
  parent_call_id: sometimes(among('c1', 'c2', 'c3', 'unknown'), 2),
  service_name: sometimes(among('service', 'another service'), 2),
  result: results,
  names: nameFields,
  nameIn: among('data', 'data', 'metadata'),
  data: loose,
  failures,
  metadata: loose,
});

export type EventJson = typeof eventJson extends fc.Arbitrary<infer Shape> ? Shape : never;

/** The event that such JSON is read as. */
export const toEvent = (json: EventJson, position: number): HookContext => {
  const { names, nameIn, data, failures: failure, metadata, event_id, result, ...rest } = json;
  const reading = readEvent(
    {
      ...rest,
      event_id: event_id ?? `event-${position}`,
      data: { ...data, ...(nameIn === 'data' ? names : {}), ...failure },
      metadata: { ...metadata, ...(nameIn === 'metadata' ? names : {}) },
      result: json.event_type.startsWith('pre_') ? undefined : result,
    },
    { newId: () => '', newTraceId: () => '', now: () => 0n as HookContext['timestamp'] },
  );
  if (reading.type === 'refused') throw new Error(`${reading.field ?? ''} ${reading.reason}`);
  return reading.event;
};
