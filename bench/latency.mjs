/** From the POST of an event to its span in the query API, everything in one process, at a steady rate. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { count, percentile } from './lib/measure.mjs';
import { startEmbedded } from './lib/processes.mjs';

const rate = Number(process.env.BENCH_RATE ?? 2_000);
const seconds = Number(process.env.BENCH_SECONDS ?? 15);
/** Requests a second; each carries rate / requestsPerSecond events. */
const requestsPerSecond = 50;
/** One trace in so many is watched until it is visible: looking at every one would be a load of its own. */
const watchEvery = 5;

const bodyOf = (traceId, events) =>
  Array.from({ length: events }, (_, index) =>
    JSON.stringify({
      trace_id: index === 0 ? traceId : randomUUID(),
      event_type: 'checkpoint',
      agent_id: 'bench',
      data: { note: 'a point event is visible as soon as it has passed the pipeline', index },
    }),
  ).join('\n');

const visible = async (query, traceId) => {
  const id = traceId.replaceAll('-', '');
  const began = performance.now();
  for (;;) {
    const answer = await fetch(`${query}/api/traces/${id}`);
    await answer.text();
    if (answer.status === 200) return performance.now();
    if (performance.now() - began > 30_000) throw new Error('a trace is not visible after 30 s');
    await sleep(5);
  }
};

export const run = async () => {
  const service = await startEmbedded();
  try {
    const latencies = [];
    const watching = [];
    const began = performance.now();
    const total = requestsPerSecond * seconds;
    for (let sent = 0; sent < total; sent++) {
      await sleep(Math.max(0, began + (sent * 1000) / requestsPerSecond - performance.now()));
      const traceId = randomUUID();
      const at = performance.now();
      const posted = fetch(`${service.gateway}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: bodyOf(traceId, rate / requestsPerSecond),
      }).then((answer) => answer.text());
      const watched = sent % watchEvery === 0 && sent > requestsPerSecond;
      watching.push(
        watched
          ? posted.then(() => visible(service.query, traceId)).then((seen) => latencies.push(seen - at))
          : posted,
      );
    }
    await Promise.all(watching);
    latencies.sort((a, b) => a - b);
    const at = (share) => percentile(latencies, share);
    const show = (share) => `${at(share).toFixed(0)} ms`;
    return {
      title: `latency embedded: POST → visible in the query API at ${count(rate)} events/s, ${latencies.length} looks`,
      rows: [
        ['p50', 'p90', 'p99', 'max', 'limit'],
        [show(0.5), show(0.9), show(0.99), show(1), 'p99 ≤ 500 ms'],
      ],
      figures: { p50: at(0.5), p90: at(0.9), p99: at(0.99) },
      ratios: { 'p99 / limit': at(0.99) / 500 },
    };
  } finally {
    await service.stop();
  }
};
