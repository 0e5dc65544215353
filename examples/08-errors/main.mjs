/**
 * A tool that fails twice and then works, and a run that fails for good. The errors reach the caller as they are.
 *
 *   node examples/08-errors/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { BaseAgent } from '@kaizen-trace/agent';

class RateLimitError extends Error {}
class NoSuchCityError extends Error {}

class Forecaster extends BaseAgent {
  attempts = 0;

  forecast = this.trace.tool('forecast', async (city) => {
    await work(10);
    if (city === 'Atlantis') throw new NoSuchCityError('no weather station in Atlantis');
    this.attempts += 1;
    if (this.attempts < 3) throw new RateLimitError('429 Too Many Requests');
    return `${city}: dry and bright`;
  });

  async execute(city) {
    for (;;) {
      try {
        return await this.forecast(city);
      } catch (error) {
        if (!(error instanceof RateLimitError)) throw error;
        await work(10);
      }
    }
  }
}

const agent = new Forecaster();
const observability = agent.enableObservability({ serviceName: 'weather' });
const [good, bad] = [randomUUID(), randomUUID()];

console.log(await agent.run('Lisbon', { traceId: good }));
await agent
  .run('Atlantis', { traceId: bad })
  .catch((error) => console.log(`${error.constructor.name}: ${error.message}`));

const arrived = await observability.shutdown(10);
const url = (traceId) =>
  `${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`;
console.log(
  arrived
    ? `failed twice, then worked: ${url(good)}\nfailed for good: ${url(bad)}`
    : 'the spans did not arrive; is `npm start` running?',
);
process.exitCode = arrived ? 0 : 1;
