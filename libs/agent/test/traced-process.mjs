// An agent of its own: `traced-process.mjs HOW PORT`. Traces an operation that never ends, and comes to its end as told.
import { atExit } from '../src/at-exit.ts';
import { TracingHook } from '../src/tracing/tracing-hook.ts';
import { TracingManager } from '../src/tracing/tracing-manager.ts';

const [how, port] = process.argv.slice(2);
const trace = () => {
  const tracingManager = new TracingManager({
    serviceName: 'process',
    jaegerHost: '127.0.0.1',
    jaegerPort: Number(port),
    environment: {},
    onProblem: () => undefined,
  });
  const hook = new TracingHook({ tracingManager });
  hook.handle({ eventType: 'pre_agent_loop', agentId: 'a', traceId: 'run' });
  return hook;
};
const hook = trace();

if (how !== 'ends') setInterval(() => undefined, 1_000);
if (how === 'survives')
  atExit(async () => {
    process.once('SIGTERM', trace);
  });
if (how === 'listens')
  process.on('SIGTERM', () =>
    setTimeout(() => process.exit(hook.handle({ eventType: 'note', agentId: 'a' }).success ? 7 : 8), 200),
  );
console.log('ready');
