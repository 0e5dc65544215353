/**
 * An agent at work, as a process of its own: `busy-agent.mjs JSON`. Each event costs it about 20 µs of reckoning; it prints
 * its throughput, and the memory it takes after each tenth.
 */
import { readFileSync } from 'node:fs';
import { httpPublisher, PublishingHook } from '@kaizen-trace/agent';

const { url, events, work } = JSON.parse(process.argv[2]);
const publisher = url && httpPublisher({ url, onProblem: () => undefined, exitFlushMs: 0 });
const hook = publisher && new PublishingHook({ publisher });
const traceId = '0af7651916cd43dd8448eb211c80319c';

let sum = 0;
const reckon = (rounds) => {
  for (let round = 0; round < rounds; round++) sum = (Math.imul(sum, 1664525) + 1013904223) | 0;
};

/** Rounds that take 20 µs on this machine; told by the parent, so that all agents do the same work. */
const calibrate = () => {
  reckon(5_000_000);
  const began = process.hrtime.bigint();
  reckon(5_000_000);
  return Math.round((5_000_000 * 20_000) / Number(process.hrtime.bigint() - began));
};

const mib = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;
const memory = () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  const anonymous = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  return { anonymous: mib(anonymous), heap: mib(process.memoryUsage().heapUsed) };
};

if (work === undefined) {
  console.log(JSON.stringify({ work: calibrate() }));
} else {
  reckon(work * 10_000);
  const samples = [];
  const began = performance.now();
  for (let index = 0; index < events; index++) {
    reckon(work);
    hook?.handle({
      traceId,
      eventType: index % 2 === 0 ? 'pre_tool_use' : 'post_tool_use',
      agentId: 'agent-production-17',
      data: {
        tool_name: 'web_search',
        input: 'some text to search for',
        purpose: 'a reason',
        priority: 12.5,
      },
      metadata: { environment: 'production', host: 'node-12' },
    });
    if (index % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
    if ((index + 1) % (events / 10) === 0) samples.push(memory());
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ rate: events / seconds, samples, stats: publisher?.stats() }));
  process.exit(0);
}
