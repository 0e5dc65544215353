/**
 * Makes run.ndjson again, the same to the byte: a supervisor and its workers write a report, and an hour passes while a
 * person reviews it. From the repository, after a build: `node examples/01-first-trace/make.ts`.
 */
import { writeFileSync } from 'node:fs';
import { simulateEvents } from '@kaizen-trace/cli';
import { toJson } from '@kaizen-trace/contracts';

const events = simulateEvents({
  agents: 1,
  traces: 2,
  rate: 0,
  seed: 'first-trace-203',
  start: BigInt(Date.UTC(2026, 10, 20, 8, 30)) * 1000n,
  openFor: 3_600_000_000,
  failureRate: 0.05,
  deathRate: 0,
});

const lines = Array.from(events, (event) => `${JSON.stringify(toJson(event))}\n`);
writeFileSync(new URL('run.ndjson', import.meta.url), lines.join(''));
