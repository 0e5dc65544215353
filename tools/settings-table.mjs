/**
 * Writes docs/settings.md from the tables that the services read; with --check it only compares, and exits 1 where the
 * file is out of date. Needs a build.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import * as tables from '@kaizen-trace/settings';

const file = 'docs/settings.md';
const sections = [
  ['The log', { log: tables.logSettings }],
  ['Folding events into spans', { assembly: tables.assemblySettings }],
  ['The backend', { backend: tables.exportSettings }],
  ['The gateway', { gateway: tables.gatewaySettings, client: tables.clientSettings }],
  ['Hooks of agents', { hooks: tables.hookSettings }],
  ['The trace store', { store: tables.traceStoreSettings }],
  ['The console as a service of its own', { console: tables.consoleSettings }],
  [
    'Every service',
    {
      a: tables.assemblerHttpSettings,
      am: tables.assemblerMemorySettings,
      e: tables.exporterHttpSettings,
      logLevel: tables.logLevel,
      shutdownTimeoutMs: tables.shutdownTimeoutMs,
    },
  ],
];

const seen = new Set();
/** Rows of variables that an earlier section has shown are left out. */
const fresh = (markdown) =>
  markdown
    .split('\n')
    .filter((line) => {
      if (!line.startsWith('| `')) return true;
      const name = line.split('`')[1];
      return !seen.has(name) && seen.add(name);
    })
    .join('\n');

const text = [
  '# Settings',
  '',
  'Every setting is a variable of the environment, read once at start. Wrong ones are refused all at once, by name. An empty',
  'variable counts as unset. Durations are written like `30s`, `15m`, `7d`; sizes like `64MiB`.',
  '',
  ...sections.flatMap(([title, table]) => [
    `## ${title}`,
    '',
    fresh(tables.settingsMarkdown(tables.defineSettings(table))),
  ]),
].join('\n');
const wanted = await format(text, { ...(await resolveConfig(file)), filepath: file });

if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(file, 'utf8');
  } catch {
    // Reported below.
  }
  if (found !== wanted) {
    console.error(`${file} is out of date: run \`node tools/settings-table.mjs\` after a build`);
    process.exit(1);
  }
} else writeFileSync(file, wanted);
