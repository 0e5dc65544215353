/**
 * Agent events of about 340 encoded bytes: an agent loop around 3 to 8 tool, model and memory calls, up to 2,000 traces
 * interleaved, 3 % failures, 1 % of the traces never closing. The same seed gives the same events.
 */
import { micros } from '@kaizen-trace/contracts';
import { createRandom } from './random.mjs';

const tools = [
  'web_search',
  'read_file',
  'write_file',
  'run_shell',
  'sql_query',
  'http_get',
  'send_email',
  'list_dir',
];
const models = ['gpt-4o', 'claude-sonnet-4', 'gemini-2.5-pro', 'llama-3.3-70b'];
const environments = ['production', 'staging', 'canary'];
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789 _-/.';
const firstMicros = 1_767_225_600_000_000n;

const uuid = (random, version = 4) =>
  `${random.hex(8)}-${random.hex(4)}-${version}${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;

const textOf = (random, least, spread) => {
  let text = '';
  for (let length = least + random.integer(spread); length > 0; length--)
    text += letters[random.integer(letters.length)];
  return text;
};

const operationOf = (random) => {
  const dice = random.next();
  if (dice < 0.7) return { kind: 'tool_use', names: { tool_name: random.pick(tools) } };
  if (dice < 0.9) return { kind: 'llm_call', names: { model: random.pick(models) } };
  return { kind: 'memory_read', names: { topic: textOf(random, 10, 20) } };
};

const newTrace = (random) => {
  const loop = { kind: 'agent_loop', names: { topic: textOf(random, 10, 20) } };
  const steps = [[loop, false]];
  for (let calls = 3 + random.integer(6); calls > 0; calls--) {
    const operation = operationOf(random);
    steps.push([operation, false], [operation, true]);
  }
  steps.push([loop, true]);
  if (random.next() < 0.01) steps.length = 1 + random.integer(steps.length - 1);
  return {
    traceId: uuid(random),
    agentId: `agent-${random.pick(environments)}-${random.integer(50)}`,
    steps,
    next: 0,
  };
};

const dataOf = (random, { names }, post) => ({
  ...names,
  ...(post
    ? {
        output: textOf(random, 10, 51),
        status_text: textOf(random, 10, 21),
        output_bytes: random.integer(100_000),
      }
    : {
        input: textOf(random, 10, 51),
        purpose: textOf(random, 10, 21),
        priority: random.integer(1000) / 10,
      }),
  ...(random.next() < 0.5 ? { session: textOf(random, 10, 11) } : {}),
  ...(random.next() < 0.25 ? { cached: random.next() < 0.5 } : {}),
});

const resultOf = (random) =>
  random.next() < 0.03
    ? { success: false, error: 'rate limit exceeded, retry after 20 s', errorType: 'ToolError' }
    : { success: true };

/** `count` events in the order in which a busy fleet emits them. */
export function* generateEvents(count, seed = 1) {
  const random = createRandom(seed);
  const active = Array.from({ length: Math.min(2000, Math.max(1, count >> 3)) }, () => newTrace(random));
  let now = firstMicros;
  for (let made = 0; made < count; made++) {
    const at = random.integer(active.length);
    const trace = active[at];
    const [operation, post] = trace.steps[trace.next++];
    now += BigInt(500 + random.integer(5000));
    yield {
      eventId: uuid(random, 7),
      traceId: trace.traceId,
      eventType: `${post ? 'post' : 'pre'}_${operation.kind}`,
      agentId: trace.agentId,
      timestamp: micros(now),
      serviceName: 'agents',
      data: dataOf(random, operation, post),
      metadata: {
        environment: random.pick(environments),
        ...(random.next() < 0.5 ? { host: `node-${random.integer(40)}` } : {}),
      },
      ...(post ? { result: resultOf(random) } : {}),
    };
    if (trace.next === trace.steps.length) active[at] = newTrace(random);
  }
}
