/**
 * Plays a session of Claude Code: hands in its hooks, one after the other, as Claude Code does with the settings beside
 * this file, over HTTP or by the command.
 *
 *   node examples/09-claude-code-hooks/main.mjs [command]
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const session = randomUUID();
const gateway = process.env.KAIZEN_GATEWAY_URL ?? 'http://localhost:4310';
const program = fileURLToPath(new URL('../../apps/cli/bin/kaizen-trace.js', import.meta.url));
const payloads = readFileSync(new URL('session.ndjson', import.meta.url), 'utf8')
  .replaceAll('SESSION', session)
  .replaceAll('PROMPT', randomUUID())
  .trim()
  .split('\n');

const byCommand = (input) => {
  spawnSync(process.execPath, [program, 'hook', 'claude-code', '--verbose'], {
    input,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
};

const byHttp = async (body) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${gateway}/v1/hooks/claude-code`, { method: 'POST', headers, body });
  // An empty object: the gateway watches, and decides nothing.
  await answer.json();
};

const way = process.argv[2] === 'command' ? byCommand : byHttp;
const startedAt = performance.now();
try {
  for (const payload of payloads) await way(payload);
} catch {
  console.log(`nothing answers at ${gateway}; is \`npm start\` running?`);
  process.exit(1);
}
const each = (performance.now() - startedAt) / payloads.length;
console.log(`${payloads.length} hooks, ${each.toFixed(1)} ms each`);
console.log(`${process.env.QUERY_URL ?? 'http://localhost:16686'}/trace/${session.replaceAll('-', '')}`);
