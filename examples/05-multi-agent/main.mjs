/**
 * A supervisor sends out workers, all at once. They share one TracingManager: one connection, one trace, each agent in its
 * own service.
 *
 *   node examples/05-multi-agent/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { BaseAgent, TracingManager } from '@kaizen-trace/agent';

class Worker extends BaseAgent {
  fetch = this.trace.tool('fetch_page', (page) => work(10 + 5 * page));

  async execute(topic) {
    await Promise.all([1, 2, 3].map((page) => this.fetch(page)));
    return `${topic}: three pages read by ${this.agentId}`;
  }
}

class Supervisor extends BaseAgent {
  workers = ['north', 'south', 'coast'].map((region) => new Worker({ agentId: `worker-${region}` }));
  plan = this.trace.operation('plan_generation', () => work(15));

  async execute(topic) {
    await this.plan(topic);
    return Promise.all(
      this.workers.map((worker) => worker.run(`${topic} in the ${worker.agentId.slice(7)}`)),
    );
  }
}

const tracingManager = new TracingManager();
const supervisor = new Supervisor({ agentId: 'supervisor' });
supervisor.enableObservability({ tracingManager, serviceName: 'supervision' });
for (const worker of supervisor.workers)
  worker.enableObservability({ tracingManager, serviceName: 'field-work' });

const traceId = randomUUID();
for (const line of await supervisor.run('rainfall', { traceId })) console.log(line);

const arrived = await tracingManager.shutdown(10);
console.log(
  arrived
    ? `28 spans, two services, one tree: ${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`
    : 'the spans did not arrive; is `npm start` running?',
);
process.exitCode = arrived ? 0 : 1;
