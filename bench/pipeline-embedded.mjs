/** From HTTP to the trace store, everything in one process on the embedded log; the client is this process. */
import { toJson } from '@kaizen-trace/contracts';
import { generateEvents } from './lib/events.mjs';
import { count } from './lib/measure.mjs';
import { metric, startEmbedded, until } from './lib/processes.mjs';

const events = Number(process.env.BENCH_EVENTS ?? 300_000);
const linesPerRequest = 2_000;
const inFlight = 4;

const bodies = () => {
  const made = [];
  let lines = [];
  for (const event of generateEvents(events)) {
    lines.push(JSON.stringify(toJson(event)));
    if (lines.length === linesPerRequest) {
      made.push(lines.join('\n'));
      lines = [];
    }
  }
  if (lines.length > 0) made.push(lines.join('\n'));
  return made;
};

const post = async (url, body) => {
  for (;;) {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    await answer.text();
    if (answer.status === 202) return;
    if (answer.status !== 429) throw new Error(`the gateway answered ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

export const run = async () => {
  const requests = bodies();
  const service = await startEmbedded();
  try {
    const { gateway, assembler, exporter } = service;
    const options = { alive: service.assertAlive, everyMs: 25 };
    const began = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < requests.length) await post(gateway, requests[next++]);
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const ingested = (performance.now() - began) / 1000;
    await until(async () => (await metric(assembler, 'kaizen_assembler_records_total')) >= events, options);
    const spans = await metric(assembler, 'kaizen_assembler_spans_total');
    await until(async () => (await metric(exporter, 'kaizen_exporter_spans_total')) >= spans, options);
    const seconds = (performance.now() - began) / 1000;
    const cpu = (service.cpuSeconds() / events) * 1e6;
    const { rss, anonymous } = service.memory();
    return {
      title: `pipeline embedded: ${count(events)} events by HTTP, one process, everything durable`,
      rows: [
        ['what', 'events/s', 'limit in DESIGN'],
        ['taken (202 after fsync)', count(events / ingested), ''],
        ['HTTP → trace store', count(events / seconds), '≥ 30,000'],
      ],
      notes: [
        `CPU s per million ${cpu.toFixed(1)}; ${count(spans)} spans; RssAnon ${anonymous} MiB, RSS ${rss} MiB`,
      ],
      figures: { ingestRate: events / ingested, rate: events / seconds, cpuPerMillion: cpu, rss },
      ratios: { 'whole / ingest': ingested / seconds },
    };
  } finally {
    await service.stop();
  }
};
