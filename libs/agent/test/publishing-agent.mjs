// An agent as a process of its own: `publishing-agent.mjs HOW OPTIONS`, where the options are JSON. It prints the number of
// each event once it is accepted, then ends in the way that is asked for.
import { writeSync } from 'node:fs';
import { httpPublisher, PublishingHook, TracingManager } from '@kaizen-trace/agent';

const [how, text] = process.argv.slice(2);
const { count, trace, traces = 1, own, tracing, warns, padding = 0, ...options } = JSON.parse(text);
const onProblem = warns ? undefined : (message) => writeSync(2, `${message}\n`);
const publisher = httpPublisher({ ...options, onProblem });
const hook = new PublishingHook({ publisher });
if (own !== undefined) process.on(own, () => setTimeout(() => process.exit(7), 300));
if (tracing) new TracingManager({ serviceName: 'spec', jaegerPort: 9 });

const publish = (index) => {
  const traceId = `${trace}-${index % traces}`;
  const data = padding === 0 ? { index } : { index, text: 'x'.repeat(padding) };
  const { success } = hook.handle({ eventType: 'note', agentId: 'a', traceId, data });
  if (success) writeSync(1, `${index}\n`);
};

const ends = {
  natural: () => undefined,
  again: () => publisher.flush().then(() => setTimeout(() => publish(count), 1_100)),
  late: () => process.on('exit', () => publish(count)),
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('uncaught');
  },
  reject: () => Promise.reject(new Error('uncaught')),
  stay: () => {
    setInterval(() => undefined, 1000);
    writeSync(1, 'ready\n');
  },
  // Goes on until it is killed.
  ever: () => {
    let index = count;
    setInterval(() => {
      for (let each = 0; each < 40; each += 1) publish(index++);
    }, 1);
  },
};

for (let index = 0; index < count; index += 1) publish(index);
ends[how]();
