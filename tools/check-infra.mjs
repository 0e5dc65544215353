/**
 * Holds dashboards and alert rules against the services: every metric and label that they name is one that a service
 * really has, every alert has a test, a spec that makes its fault, and a runbook, dashboards fit their schema, and promtool
 * takes the rules. Needs a build. Without promtool its part is left out, aloud; with REQUIRE_REAL=1 that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { exposedMetrics } from './exposed-metrics.mjs';
import { namesIn } from './promql-names.mjs';

const problems = [];
const expect = (holds, problem) => holds || problems.push(problem);
const filesOf = (folder, ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const readYaml = (file) => parse(readFileSync(file, 'utf8'));

/** Labels that Prometheus, or who makes the targets, puts on every series. */
const targetLabels = ['job', 'instance', 'service', 'alertname', 'severity'];

const series = async () => {
  const known = new Map([['up', new Set(targetLabels)]]);
  for (const { name, type, labels } of await exposedMetrics()) {
    const all = new Set([...labels, ...targetLabels]);
    if (type !== 'histogram') known.set(name, all);
    else
      for (const [ending, more] of [
        ['_bucket', ['le']],
        ['_sum', []],
        ['_count', []],
      ])
        known.set(`${name}${ending}`, new Set([...all, ...more]));
  }
  return known;
};

const checkExpression = (expression, { where, known }) => {
  const { metrics, labels } = namesIn(expression);
  expect(metrics.length > 0, `${where}: names no metric`);
  for (const metric of metrics) expect(known.has(metric), `${where}: no service has the metric ${metric}`);
  const possible = new Set(metrics.flatMap((metric) => [...(known.get(metric) ?? [])]));
  for (const label of labels)
    expect(possible.has(label), `${where}: none of its metrics has the label ${label}`);
};

const checkRules = (known) => {
  const alerts = [];
  for (const file of filesOf('infra/prometheus/rules', '.yml')) {
    const rules = readYaml(file).groups.flatMap((group) => group.rules);
    for (const { record } of rules)
      if (record !== undefined) known.set(record, new Set(['partition', ...targetLabels]));
    for (const { alert, record, expr, labels, annotations } of rules) {
      checkExpression(expr, { where: `${file}, ${alert ?? record}`, known });
      if (alert === undefined) continue;
      alerts.push(alert);
      expect(['warning', 'critical'].includes(labels?.severity), `${file}, ${alert}: no severity`);
      for (const name of ['summary', 'description', 'runbook_url'])
        expect(annotations?.[name], `${file}, ${alert}: no ${name}`);
      expect(existsSync(annotations?.runbook_url ?? ''), `${file}, ${alert}: its runbook is not there`);
    }
  }
  const tested = new Set(
    filesOf('infra/prometheus/tests', '.yml')
      .flatMap((file) => readYaml(file).tests)
      .flatMap((test) => test.alert_rule_test ?? [])
      .filter((test) => test.exp_alerts.length > 0)
      .map((test) => test.alertname),
  );
  const specs = filesOf('apps/cli/src', '.e2e.spec.ts').filter((file) => file.includes('/alerts'));
  const text = specs.map((file) => readFileSync(file, 'utf8')).join('');
  for (const alert of alerts) {
    expect(tested.has(alert), `no test in infra/prometheus/tests lets ${alert} fire`);
    expect(text.includes(`'${alert}'`), `${specs.join(', ')}: none makes the fault of ${alert}`);
  }
  return alerts.length;
};

const overlaps = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const checkPanels = (file, panels, known) => {
  expect(new Set(panels.map(({ id }) => id)).size === panels.length, `${file}: ids are not unique`);
  for (const [nth, panel] of panels.entries()) {
    const where = `${file}, ${panel.title}`;
    expect(panel.gridPos.x + panel.gridPos.w <= 24, `${where}: is wider than the page`);
    for (const other of panels.slice(nth + 1))
      expect(!overlaps(panel.gridPos, other.gridPos), `${where}: lies over ${other.title}`);
    const { unit } = panel.fieldConfig?.defaults ?? {};
    expect(panel.type === 'row' || (unit ?? panel.options?.yAxis?.unit), `${where}: has no unit`);
    for (const { expr } of panel.targets ?? []) checkExpression(expr, { where, known });
  }
};

const checkDashboards = (known) => {
  const fits = new Ajv({ allErrors: true }).compile(readJson('infra/grafana/dashboard.schema.json'));
  const files = filesOf('infra/grafana/dashboards', '.json');
  for (const file of files) {
    const dashboard = readJson(file);
    if (!fits(dashboard))
      for (const { dataPath, message } of fits.errors) problems.push(`${file}${dataPath}: ${message}`);
    else checkPanels(file, dashboard.panels, known);
  }
  expect(files.length > 0, 'infra/grafana/dashboards: no dashboards');
  return files.length;
};

const promtool = (...args) => {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error?.code === 'ENOENT') return false;
  if (error || status !== 0)
    problems.push(`promtool ${args.join(' ')}:\n${error?.message ?? `${stdout}${stderr}`}`);
  return true;
};

const checkWithPromtool = () => {
  if (!promtool('check', 'rules', ...filesOf('infra/prometheus/rules', '.yml'))) {
    const missing = 'promtool is not installed (Debian: the package prometheus)';
    if (process.env.REQUIRE_REAL === '1') problems.push(missing);
    else console.warn(`LEFT OUT: promtool's checks of the alert rules\n  ${missing}`);
    return;
  }
  promtool('test', 'rules', ...filesOf('infra/prometheus/tests', '.yml'));
  promtool('check', 'config', '--syntax-only', 'infra/prometheus/prometheus.yml');
};

const known = await series();
const alerts = checkRules(known);
const dashboards = checkDashboards(known);
checkWithPromtool();
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${alerts} alerts and ${dashboards} dashboards name only what the services have`);
