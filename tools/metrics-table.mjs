/**
 * Writes docs/metrics.md from what the services register; with --check it only compares, and exits 1 where the file is
 * out of date. Needs a build.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { exposedMetrics } from './exposed-metrics.mjs';

const file = 'docs/metrics.md';
const titles = new Map([
  ['gateway', 'The gateway'],
  ['span-assembler', 'The span assembler'],
  ['span-exporter', 'The span exporter'],
  ['trace-store', 'The trace store'],
  ['console', 'The console as a service of its own'],
]);

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
const row = ({ name, type, labels, help }) =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${cell(help)} |`;
const table = (metrics) => [
  '| metric | type | labels | what it says |',
  '| --- | --- | --- | --- |',
  ...metrics.map(row),
  '',
];

const metrics = await exposedMetrics();
const shared = metrics.filter(({ services }) => services.length === titles.size);
const text = [
  '# Metrics',
  '',
  'Each service shows its metrics in Prometheus’ text format under `/metrics`, with its name as the label `service`. Names',
  'follow the conventions of Prometheus: base units in the name, `_total` on what only grows. Series with a `partition` are',
  'those of the partitions that a process holds now; when it holds one no more, its series are gone. In OpenTelemetry’s',
  'words a `partition` is `messaging.destination.partition.id`, the time from append to acknowledgement is',
  '`messaging.process.duration` of the whole pipeline, and records and batches are `messaging.client.consumed.messages`.',
  '',
  'Dashboards are in `infra/grafana`, alert rules in `infra/prometheus/rules`; the [runbooks](runbooks/README.md) say what',
  'to do.',
  '',
  ...[...titles].flatMap(([service, title]) => [
    `## ${title}`,
    '',
    ...table(metrics.filter(({ services }) => services.length === 1 && services[0] === service)),
  ]),
  '## Every process',
  '',
  'Where several services share a process, as under `kaizen-trace up`, only the gateway shows these.',
  '',
  ...table(shared),
].join('\n');
const rest = metrics.filter(({ services }) => services.length > 1 && services.length < titles.size);
if (rest.length > 0)
  throw new Error(`no section of ${file} shows ${rest.map(({ name }) => name).join(', ')}`);
const wanted = await format(text, { ...(await resolveConfig(file)), filepath: file });

if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(file, 'utf8');
  } catch {
    // Reported below.
  }
  if (found !== wanted) {
    console.error(`${file} is out of date: run \`node tools/metrics-table.mjs\` after a build`);
    process.exit(1);
  }
} else writeFileSync(file, wanted);
