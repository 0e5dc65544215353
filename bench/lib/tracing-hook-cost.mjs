/**
 * What direct tracing costs an agent's thread beside bare OpenTelemetry, for the same spans: an agent loop with tool calls,
 * each the span of its PRE and, below it, that of its POST, with the same names, attributes and status. Both have a batch
 * processor and an exporter that does nothing. One process, the two taking turns.
 */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { TracingHook, TracingManager } from '@kaizen-trace/agent';
import { median } from './measure.mjs';

const exporterOfNothing = () => ({
  spans: 0,
  export(spans, done) {
    this.spans += spans.length;
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
});

const callsPerRun = 50;
const tools = ['search', 'fetch_page', 'run_query', 'summarize'];
const hex = (number) => number.toString(16).padStart(8, '0');
const traceIdOf = (round, run) => `0af76519${hex(round)}8448${hex(run)}319c`;
const argumentsOf = (call) => ({
  tool_name: tools[call % tools.length],
  step: call,
  query: 'what the agent looks for',
  cached: false,
});
const resultsOf = (call) => ({ tool_name: tools[call % tools.length], hits: call % 7, bytes: 1_234.5 });

/** Lets the batch processors send; not part of what is measured. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 1));

const traceByHook = (hook, traceId) => {
  const agentId = 'researcher';
  hook.handle({ eventType: 'pre_agent_loop', agentId, traceId, data: { task: 'x' } });
  for (let call = 0; call < callsPerRun; call += 1) {
    hook.handle({ eventType: 'pre_tool_use', agentId, traceId, data: argumentsOf(call) });
    hook.handle({
      eventType: 'post_tool_use',
      agentId,
      traceId,
      data: resultsOf(call),
      result: { success: true },
    });
  }
  hook.handle({ eventType: 'post_agent_loop', agentId, traceId, result: { success: true } });
};

const spanByHand = (tracer, name, { attributes, context }) =>
  tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, context);

const pairByHand = (tracer, kind, { traceId, context, before, after, inside }) => {
  const head = { agent_id: 'researcher', trace_id: traceId };
  const began = performance.now();
  const pre = spanByHand(tracer, `pre_${kind}`, {
    attributes: { ...head, event_type: `pre_${kind}`, ...before },
    context,
  });
  const below = trace.setSpan(context, pre);
  inside?.(below);
  const post = spanByHand(tracer, `post_${kind}`, {
    attributes: { ...head, event_type: `post_${kind}`, ...after },
    context: below,
  });
  const status = { code: SpanStatusCode.OK };
  post.setAttribute('duration_ms', performance.now() - began);
  post.setStatus(status);
  post.end();
  pre.setStatus(status);
  pre.end();
};

const traceByHand = (tracer, traceId) =>
  pairByHand(tracer, 'agent_loop', {
    traceId,
    context: ROOT_CONTEXT,
    before: { task: 'x' },
    after: {},
    inside: (context) => {
      for (let call = 0; call < callsPerRun; call += 1) {
        const before = argumentsOf(call);
        pairByHand(tracer, 'tool_use', { traceId, context, before, after: resultsOf(call) });
      }
    },
  });

/** Microseconds a pair of one round. */
const round = async (runs, traceRun) => {
  let nanos = 0n;
  for (let run = 0; run < runs; run += 1) {
    const begin = process.hrtime.bigint();
    traceRun(run);
    nanos += process.hrtime.bigint() - begin;
    if (run % 4 === 3) await rest();
  }
  return Number(nanos) / 1e3 / (runs * (callsPerRun + 1));
};

/**
 * Microseconds a pair of events, that is two spans: by TracingHook, and by OpenTelemetry alone; the medians of `rounds`, and
 * the median of each round's ratio.
 */
export const tracingHookCost = async ({ runs = 400, rounds = 7 } = {}) => {
  const [ofHook, ofTracer] = [exporterOfNothing(), exporterOfNothing()];
  const tracingManager = new TracingManager({
    serviceName: 'bench',
    exporter: ofHook,
    endWithProcess: false,
  });
  const hook = new TracingHook({ tracingManager });
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(ofTracer)] });
  const tracer = provider.getTracer('kaizen-trace', '1');
  const measured = [];
  for (let n = -1; n < rounds; n += 1) {
    const byHook = await round(runs, (run) => traceByHook(hook, traceIdOf(n + 1, run)));
    const bare = await round(runs, (run) => traceByHand(tracer, traceIdOf(n + 1, run)));
    // The first round warms up.
    if (n >= 0) measured.push({ byHook, bare, ratio: byHook / bare });
  }
  await Promise.all([tracingManager.shutdown(), provider.shutdown()]);
  if (ofHook.spans !== ofTracer.spans)
    throw new Error(`not the same spans: ${ofHook.spans} by TracingHook, ${ofTracer.spans} by OpenTelemetry`);
  const medianOf = (name) => median(measured.map((each) => each[name]));
  return {
    hookMicros: medianOf('byHook'),
    bareMicros: medianOf('bare'),
    ratio: medianOf('ratio'),
    spans: ofHook.spans,
  };
};
