/** An event as the gateway takes it. */
export interface SentEvent {
  readonly trace_id: string;
  readonly agent_id: string;
  readonly event_type: string;
  readonly timestamp: number;
  readonly service_name: string;
  readonly call_id?: string;
  readonly parent_call_id?: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** Numbers from 0 to below 1, the same ones for each seed. */
const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

interface Operation {
  readonly agent: string;
  readonly kind: string;
  readonly call: string;
  readonly parent: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly failure: string | undefined;
}

const toolNames = ['read_file', 'grep', 'edit_file', 'run_tests', 'git_diff', 'type_check'] as const;
const modelNames = ['gpt-5', 'claude-sonnet-4-5'] as const;
const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!;

/** One after the other: a model is asked, and the tools that it chose run beside each other. */
const turn = (
  agent: string,
  parent: string,
  at: { time: number; calls: number; readonly random: () => number },
): readonly Operation[] => {
  const { random } = at;
  const call = (): string => `${agent}-${String(at.calls++)}`;
  const asked = at.time;
  at.time += 0.4 + random() * 3;
  const model = { model: pick(modelNames, random), provider: 'openai', purpose: 'choose tools' };
  const usage = {
    input_tokens: 900 + Math.floor(random() * 9_000),
    output_tokens: 40 + Math.floor(random() * 600),
  };
  const ask = { agent, kind: 'llm_call', call: call(), parent, start: asked, end: at.time };
  const chosen: Operation[] = [{ ...ask, data: model, after: usage, failure: undefined }];
  const start = at.time + 0.002;
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const end = start + 0.02 + random() ** 3 * 6;
    const failure = random() < 0.01 ? 'exit status 1: 3 tests failed' : undefined;
    const data = { tool_name: pick(toolNames, random), path: `src/module-${Math.floor(random() * 400)}.ts` };
    const after = { bytes: Math.floor(random() * 40_000) };
    chosen.push({ agent, kind: 'tool_use', call: call(), parent, start, end, data, after, failure });
    at.time = Math.max(at.time, end);
  }
  at.time += 0.005;
  return chosen;
};

/** One worker's run: an invocation, the worker's loop in it, its turns. */
const workerRun = (
  name: string,
  { start, operations, random }: { start: number; operations: number; random: () => number },
): readonly Operation[] => {
  const at = { time: start + 0.02, calls: 0, random };
  const inner: Operation[] = [];
  while (inner.length < operations - 2) inner.push(...turn(name, `${name}-loop`, at));
  inner.length = operations - 2;
  const end = Math.max(...inner.map((operation) => operation.end)) + 0.01;
  const none = { after: {}, failure: undefined };
  const invoke = { agent: 'lead', kind: 'specialist_invoke', call: `${name}-invoke`, parent: 'root' };
  const loop = { agent: name, kind: 'agent_loop', call: `${name}-loop`, parent: `${name}-invoke` };
  return [
    { ...invoke, start, end: end + 0.01, data: { specialist_name: name.split('-')[0]! }, ...none },
    { ...loop, start: start + 0.01, end, data: { task: `migrate part ${name}` }, ...none },
    ...inner,
  ];
};

const eventsOf = (
  operation: Operation,
  shared: { trace_id: string; service_name: string },
): readonly SentEvent[] => {
  const { agent, kind, call, parent, start, end, data, after, failure } = operation;
  const both = { ...shared, agent_id: agent, call_id: call };
  const stack = `Error: ${failure ?? ''}\n    at run (tools/tests.ts:41:13)\n    at async turn (loop.ts:77:9)`;
  const result =
    failure === undefined
      ? { success: true }
      : { success: false, error: failure, error_type: 'TestsFailed', stack };
  return [
    {
      ...both,
      event_type: `pre_${kind}`,
      timestamp: start,
      ...(parent !== undefined && { parent_call_id: parent }),
      data,
    },
    { ...both, event_type: `post_${kind}`, timestamp: end, data: after, result },
  ];
};

/**
 * One trace of exactly so many operations (each two spans in layout `events`): a lead, and 20 workers at a time, round
 * after round. The events come in the order of their time. About one tool in a hundred fails.
 */
export const largeTrace = (options: {
  readonly traceId: string;
  readonly service: string;
  readonly operations: number;
  /** Seconds since the epoch. */
  readonly start: number;
}): readonly SentEvent[] => {
  const { traceId, service, operations, start } = options;
  const random = randomOf(7);
  const workers = Math.max(1, Math.min(100, Math.floor(operations / 50)));
  const share = Math.floor((operations - 1) / workers);
  const runs: Operation[] = [];
  let roundStart = start + 0.1;
  for (let worker = 0; worker < workers; worker++) {
    const left = operations - 1 - runs.length;
    if (worker > 0 && worker % 20 === 0) roundStart = Math.max(...runs.map(({ end }) => end)) + 0.2;
    const name = `${['planner', 'migrator', 'reviewer'][worker % 3]!}-${String(worker + 1)}`;
    const size = worker === workers - 1 ? left : share;
    runs.push(...workerRun(name, { start: roundStart + (worker % 20) * 0.03, operations: size, random }));
  }
  const end = Math.max(...runs.map((run) => run.end)) + 0.1;
  const root = { agent: 'lead', kind: 'agent_loop', call: 'root', parent: undefined, start, end };
  const all = [{ ...root, data: { goal: 'migrate the repository' }, after: {}, failure: undefined }, ...runs];
  return all
    .flatMap((operation) => eventsOf(operation, { trace_id: traceId, service_name: service }))
    .sort((left, right) => left.timestamp - right.timestamp);
};

/** Sends events to a gateway, some thousand a request. */
export const publish = async (gateway: string, events: readonly SentEvent[], key?: string): Promise<void> => {
  for (let at = 0; at < events.length; at += 5_000) {
    const body = events.slice(at, at + 5_000).map((event) => JSON.stringify(event));
    const response = await fetch(`${gateway}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', ...(key !== undefined && { 'x-api-key': key }) },
      body: body.join('\n'),
    });
    const answer = await response.text();
    if (response.status !== 202 || !answer.includes('"rejected":[]'))
      throw new Error(`the gateway answered ${String(response.status)}: ${answer.slice(0, 500)}`);
  }
};
