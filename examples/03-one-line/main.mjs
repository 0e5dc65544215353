/**
 * An agent, and the one line that traces it.
 *
 *   node examples/03-one-line/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { BaseAgent } from '@kaizen-trace/agent';

class Researcher extends BaseAgent {
  search = this.trace.tool('web_search', async (query) => {
    await work(40);
    return [`${query}: ten facts`, `${query}: a history`];
  });

  ask = this.trace.llm(
    'claude-sonnet-4-5',
    async (question) => {
      await work(60);
      return { text: `A short answer to: ${question}`, usage: { input: 412, output: 58 } };
    },
    {
      result: ({ usage }) => ({
        provider: 'anthropic',
        input_tokens: usage.input,
        output_tokens: usage.output,
      }),
    },
  );

  async execute(topic) {
    const pages = await Promise.all([this.search(topic), this.search(`${topic} prices`)]);
    const { text } = await this.ask(`Sum up ${pages.flat().length} pages about ${topic}`);
    return text;
  }
}

const agent = new Researcher();
const observability = agent.enableObservability();

const traceId = randomUUID();
console.log(await agent.run('heat pumps', { traceId }));

const arrived = await observability.shutdown(10);
console.log(
  arrived
    ? `service ${observability.serviceName}: ${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`
    : 'the spans did not arrive; is `npm start` running?',
);
process.exitCode = arrived ? 0 : 1;
