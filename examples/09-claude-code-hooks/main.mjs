/**
 * Plays a session of Claude Code: sends its hooks to the gateway, one after the other, as Claude Code does with the
 * settings beside this file.
 *
 *   node examples/09-claude-code-hooks/main.mjs
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';

const session = randomUUID();
const gateway = process.env.KAIZEN_GATEWAY_URL ?? 'http://localhost:4310';
const payloads = readFileSync(new URL('session.ndjson', import.meta.url), 'utf8')
  .replaceAll('SESSION', session)
  .replaceAll('PROMPT', randomUUID())
  .trim()
  .split('\n');

let slowest = 0;
for (const body of payloads) {
  const startedAt = performance.now();
  const answer = await fetch(`${gateway}/v1/hooks/claude-code`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  }).catch(() => undefined);
  if (answer?.status !== 200) {
    console.log(`${gateway} did not take a hook; is \`npm start\` running?`);
    process.exit(1);
  }
  // An empty object: the gateway watches, and decides nothing.
  await answer.json();
  slowest = Math.max(slowest, performance.now() - startedAt);
  await pass(20);
}

console.log(`${payloads.length} hooks, the slowest answered in ${slowest.toFixed(0)} ms`);
console.log(`${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${session.replaceAll('-', '')}`);
