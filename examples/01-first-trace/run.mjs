/**
 * Publishes run.ndjson and reads its traces back from the query API. Exits 0 when every event is there as a span.
 *
 *   node examples/01-first-trace/run.mjs
 *
 * KAIZEN_GATEWAY_URL and QUERY_URL say where the gateway and the query API are, if not at their usual ports.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('run.ndjson', import.meta.url));
const cli = fileURLToPath(new URL('../../apps/cli/bin/kaizen-trace.js', import.meta.url));
const query = (process.env.QUERY_URL ?? 'http://localhost:16686').replace(/\/+$/, '');
const patienceMs = 30_000;

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

/** What the query API must show: for each trace its events, by the id that OpenTelemetry gives the trace. */
const expected = new Map();
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const event = JSON.parse(line);
  const id = event.trace_id.replaceAll('-', '').toLowerCase();
  expected.set(id, [...(expected.get(id) ?? []), event]);
}

const published = spawnSync(process.execPath, [cli, 'publish', file], { stdio: 'inherit' });
if (published.status !== 0) fail(`publish ended with ${published.status}; is \`npm start\` running?`);

/** The spans of a trace; none while it is not there yet. */
const spansOf = async (traceId) => {
  const response = await fetch(`${query}/api/traces/${traceId}`);
  if (response.status === 404) return [];
  if (!response.ok) fail(`${query} answered ${response.status}`);
  const { data } = await response.json();
  return data[0]?.spans ?? [];
};

const waitFor = async (traceId, count) => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const spans = await spansOf(traceId).catch((error) =>
      fail(`${query} does not answer: ${error.cause?.code ?? error.message}`),
    );
    if (spans.length >= count) return spans;
    if (Date.now() > deadline)
      fail(`trace ${traceId}: ${spans.length} of ${count} spans after ${patienceMs / 1000} s`);
    await sleep(250);
  }
};

const parentOf = (span) => span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;

/** The tree, its opening operations only, down to `depth`. */
const show = (spans, { parent, depth, indent = '  ' }) => {
  if (depth === 0) return;
  const children = spans
    .filter((span) => parentOf(span) === parent && !span.operationName.startsWith('post_'))
    .sort((a, b) => a.startTime - b.startTime);
  for (const span of children) {
    console.log(`${indent}${span.operationName}  ${(span.duration / 1e6).toFixed(2)} s`);
    show(spans, { parent: span.spanID, depth: depth - 1, indent: `${indent}  ` });
  }
};

for (const [traceId, events] of expected) {
  const spans = await waitFor(traceId, events.length);
  if (spans.length !== events.length)
    fail(`trace ${traceId}: ${spans.length} spans of ${events.length} events`);
  const roots = spans.filter((span) => parentOf(span) === undefined);
  if (roots.length !== 1) fail(`trace ${traceId}: ${roots.length} roots`);
  console.log(`\n${events[0].data.goal}\n${query}/trace/${traceId}  ${spans.length} spans`);
  show(spans, { depth: 3 });
}
