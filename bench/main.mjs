/**
 * `npm run bench -- [NAME …] [--json FILE]`: measures, prints a table each, beside the limits that the design aims at.
 * Without names all of them: core, publish, pipeline-embedded, latency, and where a real Kafka can be had pipeline-kafka, state and replay.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, table } from './lib/measure.mjs';

const known = ['core', 'publish', 'pipeline-embedded', 'pipeline-kafka', 'latency', 'state', 'replay'];
const usage = `usage: npm run bench -- [${known.join('|')}] [--json FILE]`;

const leave = (text, code) => {
  console.error(text);
  process.exit(code);
};

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    return leave(`${error.message}\n${usage}`, 2);
  }
};

const { values, positionals } = readArguments();
if (values.help) leave(usage, 0);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) leave(`no such benchmark: ${unknown.join(', ')}\n${usage}`, 2);

const results = [];
for (const name of positionals.length > 0 ? positionals : known) {
  const { run } = await import(`./${name}.mjs`);
  const result = await run();
  console.log(`\n${result.title}\n${table(result.rows)}`);
  for (const note of result.notes ?? []) console.log(note);
  results.push({ name, figures: result.figures, ratios: result.ratios });
}
console.log(`\n${Object.values(machine()).join(' · ')}`);
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
process.exit(0);
