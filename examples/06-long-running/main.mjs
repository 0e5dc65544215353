/**
 * An approval that takes thirty hours, and outlives the process that asked for it. Events go to the log, through the
 * gateway, so nothing has to stay in memory: one process tells the PRE, another, a day later, the POST.
 *
 *   node examples/06-long-running/main.mjs
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { enableObservability, HookEvent, HookManager } from '@kaizen-trace/agent';

const approver = { agentId: 'approver', hookManager: new HookManager() };
const observability = enableObservability(approver, { serviceName: 'approvals', transport: 'http' });

const approval = { tool_name: 'request_approval', amount: 12_000 };
const tell = (event, traceId, options) =>
  approver.hookManager.trigger(event, approver.agentId, approval, {
    traceId,
    callId: 'approval-1',
    ...options,
  });

const [task, traceId = randomUUID()] = process.argv.slice(2);
if (task === 'ask') {
  // As if it were yesterday.
  await tell(HookEvent.PRE_TOOL_USE, traceId, { timestamp: new Date(Date.now() - 30 * 3_600_000) });
} else {
  const asked = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'ask', traceId], {
    stdio: 'inherit',
  });
  console.log(`the process that asked is gone (exit ${asked.status}); this one answers`);
  await tell(HookEvent.POST_TOOL_USE, traceId, { result: { success: true, data: { approved: true } } });
}

const arrived = await observability.shutdown(10);
if (task !== 'ask' && arrived)
  console.log(
    `30 hours, one span: ${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`,
  );
if (!arrived) console.log('the events did not arrive; is `npm start` running?');
process.exitCode = arrived ? 0 : 1;
