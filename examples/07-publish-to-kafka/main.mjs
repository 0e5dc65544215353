/**
 * The same agent, but its events go to Kafka, where they are kept and may be replayed.
 *
 *   KAFKA_BROKERS=localhost:9092 node examples/07-publish-to-kafka/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as work } from 'node:timers/promises';
import { BaseAgent } from '@kaizen-trace/agent';

class Shopkeeper extends BaseAgent {
  check = this.trace.tool('check_stock', () => work(5));

  async execute(order) {
    for (const item of order) await this.check(item);
    return `${order.length} items in stock`;
  }
}

const agent = new Shopkeeper();
const observability = agent.enableObservability({ transport: 'kafka', serviceName: 'shop' });

const traceId = randomUUID();
console.log(await agent.run(['pen', 'paper', 'ink'], { traceId }));

// The agent's thread has only put events into a buffer. Now there is time to wait for Kafka.
const arrived = await observability.shutdown(10);
const { accepted, delivered, buffered } = observability.publisher.stats();
console.log(`${accepted} events taken, ${delivered} acknowledged by Kafka, ${buffered} waiting`);
if (arrived)
  console.log(`${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${traceId.replaceAll('-', '')}`);
process.exitCode = arrived ? 0 : 1;
