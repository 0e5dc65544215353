/**
 * The whole set-up by hand: a manager that speaks to Jaeger, a hook that makes spans, and the hooks of an agent.
 *
 *   node examples/02-tracing-setup/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { HookEvent, HookManager, HookPriority, TracingHook, TracingManager } from '@kaizen-trace/agent';

const tracingManager = new TracingManager({ serviceName: 'tracing-setup' });
const tracingHook = new TracingHook({ tracingManager });

const hooks = new HookManager();
hooks.registerHook(tracingHook, HookPriority.HIGH);
hooks.register(HookEvent.POST_TOOL_USE, ({ data }) => console.log(`${data.tool_name} is done`));

const traceId = randomUUID();
const tell = (event, data, result) => hooks.trigger(event, 'analyst-1', data, { traceId, result });

await tell(HookEvent.PRE_AGENT_LOOP, { goal: 'Which region grew fastest?' });
for (const tool of ['load_sales', 'group_by_region', 'draw_chart']) {
  await tell(HookEvent.PRE_TOOL_USE, { tool_name: tool });
  await work(30);
  await tell(HookEvent.POST_TOOL_USE, { tool_name: tool, rows: 1200 }, { success: true });
}
await tell(HookEvent.POST_AGENT_LOOP, { answer: 'the north' }, { success: true });

const arrived = await tracingManager.shutdown(10);
console.log(
  arrived
    ? `8 spans, one for each event: ${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`
    : 'the spans did not arrive; is `npm start` running?',
);
process.exitCode = arrived ? 0 : 1;
