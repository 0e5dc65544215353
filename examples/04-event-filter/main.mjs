/**
 * Only what matters: the loop and the tools are traced, the chatter around them is not.
 *
 *   node examples/04-event-filter/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { BaseAgent, HookEvent } from '@kaizen-trace/agent';

class Librarian extends BaseAgent {
  recall = this.trace.memory(() => work(5));
  lend = this.trace.tool('lend_book', () => work(20));

  async execute(titles) {
    for (const title of titles) {
      await this.recall(title);
      await this.trace.event('thinking_aloud', { about: title });
      await this.lend(title);
    }
  }
}

const agent = new Librarian();
let events = 0;
agent.hookManager.registerHook({ name: 'count', handle: () => void (events += 1) });

const observability = agent.enableObservability({
  serviceName: 'library',
  eventsToTrace: [
    HookEvent.PRE_AGENT_LOOP,
    HookEvent.POST_AGENT_LOOP,
    HookEvent.PRE_TOOL_USE,
    HookEvent.POST_TOOL_USE,
  ],
});

const traceId = randomUUID();
await agent.run(['Middlemarch', 'Emma'], { traceId });

const arrived = await observability.shutdown(10);
console.log(
  arrived
    ? `${events} events, 6 of them traced: ${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`
    : 'the spans did not arrive; is `npm start` running?',
);
process.exitCode = arrived ? 0 : 1;
