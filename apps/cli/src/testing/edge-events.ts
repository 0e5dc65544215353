/** Events that pair, parent and fail in every way that two logs could make a difference of; each a line of NDJSON. */
const start = Date.parse('2026-11-20T08:00:00Z') / 1000;

interface Line {
  readonly trace_id: string;
  readonly event_type: string;
  readonly timestamp: number;
  readonly [field: string]: unknown;
}

const line = (traceId: string, eventType: string, [at, more]: readonly [number, object?]): Line => ({
  event_id: `${traceId}-${eventType}-${at}`,
  trace_id: traceId,
  event_type: eventType,
  agent_id: 'agent-1',
  service_name: 'edge',
  timestamp: start + at,
  ...more,
});

/** 8 events: a loop with three tool calls. */
export const loopOfThree = [
  line('loop-of-three', 'pre_agent_loop', [0]),
  ...['load', 'analyze', 'report'].flatMap((tool, index) => [
    line('loop-of-three', 'pre_tool_use', [1 + 2 * index, { data: { tool_name: tool, size: 10 + index } }]),
    line('loop-of-three', 'post_tool_use', [
      2 + 2 * index,
      {
        data: { tool_name: tool },
        result:
          index === 1 ? { success: false, error: 'no rows', error_type: 'EmptyError' } : { success: true },
      },
    ]),
  ]),
  line('loop-of-three', 'post_agent_loop', [9, { result: { success: true } }]),
];

/** Two parallel calls of one tool, ended in the order of their beginning. */
export const parallelCalls = [
  line('parallel', 'pre_tool_use', [0, { call_id: 'a', data: { tool_name: 'search', query: 'one' } }]),
  line('parallel', 'pre_tool_use', [1, { call_id: 'b', data: { tool_name: 'search', query: 'two' } }]),
  line('parallel', 'post_tool_use', [5, { call_id: 'a', data: { tool_name: 'search', hits: 1 } }]),
  line('parallel', 'post_tool_use', [9, { call_id: 'b', data: { tool_name: 'search', hits: 2 } }]),
];

/** 30 hours, to the microsecond. */
export const thirtyHours = [
  line('thirty-hours', 'pre_tool_use', [0.000001, { data: { tool_name: 'wait' } }]),
  line('thirty-hours', 'post_tool_use', [108_000.000002, { data: { tool_name: 'wait' } }]),
];

/** An agent that died: its PREs get no POST. */
export const deadAgent = [
  line('dead-agent', 'pre_agent_loop', [0]),
  line('dead-agent', 'pre_llm_call', [
    3,
    { data: { model: 'gpt-4o', nested: { left: 'out' }, tags: ['a', 'b'], none: [] } },
  ]),
];

/** A POST before its PRE, a POST without one, a point event, a repeat, a clock that runs backwards, text in Unicode. */
export const odds = [
  line('odds', 'post_memory_read', [2]),
  line('odds', 'pre_memory_read', [1]),
  line('odds', 'post_tool_use', [7, { data: { tool_name: 'never-begun', duration_ms: 1500 } }]),
  line('odds', 'checkpoint', [8, { data: { n: 9_007_199_254_740_991, pi: 3.5, ok: true } }]),
  line('odds', 'checkpoint', [8, { data: { n: 1 } }]),
  line('odds', 'pre_plan_generation', [20]),
  line('odds', 'post_plan_generation', [15]),
  line('odds', 'overtaken', [0, { data: { note: 'überholt 😀' } }]),
];
