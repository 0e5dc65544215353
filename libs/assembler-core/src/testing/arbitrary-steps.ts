import fc from 'fast-check';
import type { Fields, HookResult } from '@kaizen-trace/contracts';
import type { Step } from './folding.js';

const kinds = ['agent_loop', 'tool_use', 'llm_call', 'memory_read', 'plan_generation', 'custom', 'other'];
const types = [...kinds.flatMap((kind) => [`pre_${kind}`, `post_${kind}`]), 'note', 'custom'];

const fields: fc.Arbitrary<Fields> = fc.dictionary(
  fc.constantFrom(
    'tool_name',
    'model',
    'x',
    'error',
    'success',
    'duration_ms',
    '',
    '__proto__',
    '7',
    'provider',
    'input_tokens',
  ),
  fc.oneof(
    fc.constantFrom('t1', 't2', ''),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 3 }),
    fc.constant({ type: 'T', message: 'm', nested: { deep: [1] } }),
  ),
  { maxKeys: 4, noNullPrototype: true },
);

const result: fc.Arbitrary<HookResult> = fc.oneof(
  fc.constant({ success: true }),
  fc.record({ success: fc.constant(false), error: fc.string({ maxLength: 4 }), durationMs: fc.double() }),
  fc.constant({ success: false, error: 'e', errorType: 'E', stack: 's', durationMs: 3 }),
);

/** Steps of a few traces, agents and ids, so that they meet; time mostly goes forward. */
const arbitraryStep: fc.Arbitrary<Step> = fc.record(
  {
    type: fc.constantFrom(...types),
    at: fc.integer({ min: 0, max: 400 }),
    t: fc.integer({ min: 0, max: 40 }),
    trace: fc.constantFrom('trace', '0af7651916cd43dd8448eb211c80319c', 'Größe 🙂\\'),
    agent: fc.constantFrom('a', 'b', 'c'),
    id: fc.integer({ min: 0, max: 60 }).map((n) => `id${n}`),
    call: fc.constantFrom('c1', 'c2', 'c3'),
    parentCall: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
    service: fc.constantFrom('s1', 's2'),
    data: fields,
    metadata: fields,
    result,
  },
  { requiredKeys: ['t', 'trace', 'agent'] },
);

/** Whole runs; with `uniqueIds` no event id is told, so each event has its own. */
export const arbitrarySteps = (uniqueIds = false): fc.Arbitrary<readonly Step[]> =>
  fc.array(arbitraryStep, { maxLength: 60 }).map((steps) =>
    steps.map((step) => {
      // A result is refused on a PRE.
      const { result: told, id, ...rest } = step;
      return {
        ...rest,
        ...(told === undefined || step.type?.startsWith('pre_') === true ? {} : { result: told }),
        ...(id === undefined || uniqueIds ? {} : { id }),
      };
    }),
  );

/** Small limits, so that every edge is met. */
export const tightSettings = {
  reorderGraceMs: 100,
  openTtlMs: 300,
  maxOpenOperations: 6,
  maxAttributes: 10,
  maxStringLength: 5,
  rememberedEventIds: 8,
  rememberedCallIds: 2,
  maxSpanEvents: 2,
};
