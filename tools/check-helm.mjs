/**
 * Lints the Helm chart, renders it with each of its `ci` values, and holds what comes out against what the chart promises:
 * who may run how, who reaches whom, never to zero, no secret but by reference, no variable that the services do not
 * know. Without helm this is left out, aloud; with REQUIRE_REAL=1 that is a failure. Needs a build.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { helmBinary } from './helm-binary.mjs';

const chart = 'infra/helm/kaizen-trace';
const rulesFile = 'infra/prometheus/rules/kaizen-trace.yml';
const problems = [];
const expect = (holds, problem) => holds || problems.push(problem);

const binary = await helmBinary().catch((error) => {
  if (process.env.REQUIRE_REAL === '1') throw error;
  console.warn(`LEFT OUT: the checks of the Helm chart\n  ${error.message}`);
  process.exit(0);
});
const helm = (...args) => spawnSync(binary, args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
const template = (...args) => helm('template', 'r', chart, '--kube-version', '1.31.0', ...args);

/** Variables that docs/settings.md, made from the code, lists. */
const variables = new Set(
  readFileSync('docs/settings.md', 'utf8')
    .match(/`(?:KAIZEN|KAFKA|OTEL|JAEGER)_[A-Z_]+`/g)
    ?.map((name) => name.slice(1, -1)),
);
const covers = (selector, labels) =>
  Object.entries(selector).every(([name, value]) => labels?.[name] === value);

const checkContainer = (container, where) => {
  const security = container.securityContext ?? {};
  expect(security.readOnlyRootFilesystem === true, `${where}: its root file system can be written to`);
  expect(security.allowPrivilegeEscalation === false, `${where}: may escalate its privileges`);
  expect(security.capabilities?.drop?.includes('ALL'), `${where}: keeps capabilities`);
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
    expect(container[probe]?.httpGet?.port === 'http', `${where}: no ${probe}`);
  expect(container.readinessProbe?.httpGet?.path === '/readyz', `${where}: readiness is not asked for`);
  expect(
    container.resources?.requests?.memory && container.resources?.limits?.memory,
    `${where}: no resources`,
  );
  expect(
    /:[^:]+$/.test(container.image) && !container.image.endsWith(':latest'),
    `${where}: image is not pinned`,
  );
  const names = container.env.map(({ name }) => name);
  expect(new Set(names).size === names.length, `${where}: a variable stands twice`);
  for (const { name, value, valueFrom } of container.env) {
    expect(variables.has(name), `${where}: no service knows ${name}`);
    if (/PASSWORD|USERNAME|_HEADERS$|(?:API|QUERY)_KEYS?$/.test(name))
      expect(value === undefined && valueFrom?.secretKeyRef, `${where}: ${name} is no reference to a secret`);
    else expect(typeof value === 'string', `${where}: ${name} is no text`);
  }
};

const checkPod = (workload, where) => {
  const { spec, metadata } = workload.spec.template;
  expect(spec.securityContext?.runAsNonRoot === true, `${where}: may run as root`);
  expect(spec.securityContext?.seccompProfile?.type === 'RuntimeDefault', `${where}: no seccomp profile`);
  expect(spec.automountServiceAccountToken === false, `${where}: has a token of the API server`);
  expect(spec.topologySpreadConstraints?.length === 2, `${where}: is not spread`);
  for (const { labelSelector } of spec.topologySpreadConstraints ?? [])
    expect(covers(labelSelector.matchLabels, metadata.labels), `${where}: is spread by others' labels`);
  expect(covers(workload.spec.selector.matchLabels, metadata.labels), `${where}: does not select its pods`);
  const claims = (workload.spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name);
  const volumes = new Set([...(spec.volumes ?? []).map(({ name }) => name), ...claims]);
  for (const container of spec.containers) {
    checkContainer(container, where);
    for (const { name } of container.volumeMounts)
      expect(volumes.has(name), `${where}: mounts ${name}, which is no volume`);
  }
};

/** Gateway, assembler, exporter, and the console where it is wanted. */
const partsOf = ({ console: page }) => (page?.enabled ? 4 : 3);

const checkWorkloads = (objects, values, name) => {
  const workloads = [...objects('Deployment'), ...objects('StatefulSet')];
  expect(workloads.length === partsOf(values), `${name}: ${workloads.length} workloads`);
  for (const workload of workloads) {
    const where = `${name}, ${workload.metadata.name}`;
    checkPod(workload, where);
    const { labels } = workload.spec.template.metadata;
    const budgets = objects('PodDisruptionBudget').filter(({ spec }) =>
      covers(spec.selector.matchLabels, labels),
    );
    expect(budgets.length === 1, `${where}: ${budgets.length} disruption budgets`);
    const services = objects('Service').filter(({ spec }) => covers(spec.selector, labels));
    expect(services.length === 1, `${where}: ${services.length} services`);
    const scaled = objects('ScaledObject').some(
      ({ spec }) =>
        spec.scaleTargetRef.name === workload.metadata.name && spec.scaleTargetRef.kind === workload.kind,
    );
    expect(
      scaled === (workload.spec.replicas === undefined),
      `${where}: replicas are set by nobody, or by two`,
    );
  }
  const [assembler] = objects('StatefulSet');
  const state = assembler.spec.volumeClaimTemplates?.[0];
  const { env, volumeMounts } = assembler.spec.template.spec.containers[0];
  const folder = env.find(({ name: variable }) => variable === 'KAIZEN_STATE_DIR')?.value ?? '';
  const mount = volumeMounts.find((found) => found.name === state?.metadata.name);
  expect(mount && folder.startsWith(`${mount.mountPath}/`), `${name}: the assembler's state is on no volume`);
};

const checkScaling = (objects, values, name) => {
  for (const { spec, metadata } of objects('ScaledObject')) {
    const where = `${name}, ScaledObject ${metadata.name}`;
    expect(spec.minReplicaCount >= 1, `${where}: may go to zero`);
    expect(spec.idleReplicaCount === undefined, `${where}: may go to zero when idle`);
    expect(
      spec.maxReplicaCount <= (values.kafka.partitions ?? 12),
      `${where}: more replicas than partitions`,
    );
    const [{ metadata: trigger, authenticationRef }] = spec.triggers;
    const group = values.kafka.group ?? 'kaizen';
    expect(
      [`${group}-assembler`, `${group}-exporter`].includes(trigger.consumerGroup),
      `${where}: whose lag?`,
    );
    if (authenticationRef !== undefined)
      expect(
        objects('TriggerAuthentication').some((found) => found.metadata.name === authenticationRef.name),
        `${where}: its authentication is not there`,
      );
  }
};

/** Its service is what it says, it is let in where it asks, and it is never open to everyone without a word. */
const checkConsole = (objects, values, name) => {
  const found = objects('Deployment').find(({ metadata }) => metadata.name.endsWith('-console'));
  expect((found !== undefined) === (values.console?.enabled === true), `${name}: is there a console?`);
  if (found === undefined) return;
  const { containers } = found.spec.template.spec;
  const { env, args } = containers[0];
  const variable = (wanted) => env.find(({ name: one }) => one === wanted);
  expect(existsSync(args[0]), `${name}: the console's program ${args[0]} is not built`);
  expect(
    variable('KAIZEN_QUERY_KEYS') ??
      (variable('KAIZEN_QUERY_OPEN') && variable('KAIZEN_QUERY_OPEN').value !== 'true'),
    `${name}: the console is open to everyone`,
  );
  const gateway = objects('Service').find(({ metadata }) => metadata.name.endsWith('-gateway'));
  const { hostname, port } = new URL(variable('KAIZEN_GATEWAY_URL').value);
  expect(
    hostname === gateway.metadata.name && Number(port) === gateway.spec.ports[0].port,
    `${name}: the console asks ${hostname}:${port}, which is no gateway`,
  );
  const policy = objects('NetworkPolicy').find(({ metadata }) => metadata.name === gateway.metadata.name);
  const from = policy?.spec.ingress[0].from;
  const { labels } = found.spec.template.metadata;
  expect(
    from === undefined ||
      from.some(({ podSelector }) => podSelector && covers(podSelector.matchLabels, labels)),
    `${name}: the gateway does not let the console in`,
  );
};

const checkReach = (objects, values, name) => {
  const pods = [...objects('Deployment'), ...objects('StatefulSet')].map(({ spec }) => spec.template);
  const policies = objects('NetworkPolicy');
  expect(
    policies.length === (values.networkPolicy?.enabled === false ? 0 : partsOf(values)),
    `${name}: network policies`,
  );
  for (const { spec, metadata } of policies) {
    const of = pods.filter((pod) => covers(spec.podSelector.matchLabels, pod.metadata.labels));
    expect(of.length === 1, `${name}, NetworkPolicy ${metadata.name}: is of ${of.length} workloads`);
    const port = of[0]?.spec.containers[0].ports[0].containerPort;
    expect(spec.ingress[0].ports[0].port === port, `${name}, NetworkPolicy ${metadata.name}: another port`);
    // Those two ask for keys themselves.
    const asks =
      metadata.name.endsWith('-gateway') ||
      (metadata.name.endsWith('-console') && values.console.keysSecret !== undefined);
    expect(asks || spec.ingress[0].from?.length > 0, `${name}, ${metadata.name}: open to everyone`);
  }
  checkConsole(objects, values, name);
  for (const { spec, metadata } of objects('ServiceMonitor')) {
    const seen = objects('Service').filter((service) =>
      covers(spec.selector.matchLabels, service.metadata.labels),
    );
    expect(seen.length === 1, `${name}, ServiceMonitor ${metadata.name}: sees ${seen.length} services`);
    for (const { port } of spec.endpoints)
      expect(
        seen[0]?.spec.ports.some((found) => found.name === port),
        `${name}, ${metadata.name}: no port ${port}`,
      );
  }
};

const checkRules = (objects, values, name) => {
  const base = values.monitoring?.runbookBase ?? 'docs/runbooks/';
  const wanted = parse(readFileSync(rulesFile, 'utf8').replaceAll('docs/runbooks/', base));
  for (const { spec } of objects('PrometheusRule'))
    expect(isDeepStrictEqual(spec.groups, wanted.groups), `${name}: the rules are not those of ${rulesFile}`);
};

const rendered = (file) => {
  const { status, stdout, stderr } = template('-f', file);
  if (status !== 0) {
    problems.push(`${file}: ${stderr.trim()}`);
    return undefined;
  }
  const documents = parseAllDocuments(stdout);
  for (const { errors } of documents) for (const error of errors) problems.push(`${file}: ${error.message}`);
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
};

const checkValues = (file) => {
  const lint = helm('lint', chart, '-f', file, '--strict', '--kube-version', '1.31.0');
  expect(lint.status === 0, `${file}: ${lint.stdout}${lint.stderr}`);
  const all = rendered(file);
  if (all === undefined) return 0;
  const values = parse(readFileSync(file, 'utf8'));
  const objects = (kind) => all.filter((object) => object.kind === kind);
  const ids = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(new Set(ids).size === ids.length, `${file}: two objects of one name`);
  expect(objects('Secret').length === 0, `${file}: renders a secret`);
  checkWorkloads(objects, values, file);
  checkScaling(objects, values, file);
  checkReach(objects, values, file);
  checkRules(objects, values, file);
  const scaled = ['assembler', 'exporter'].filter((part) => values[part]?.autoscaling?.enabled);
  expect(objects('ScaledObject').length === scaled.length, `${file}: not every autoscaling is there`);
  expect(
    objects('ServiceMonitor').length === (values.monitoring?.serviceMonitor?.enabled ? partsOf(values) : 0),
    `${file}: monitors`,
  );
  expect(objects('PrometheusRule').length === (values.monitoring?.rules?.enabled ? 1 : 0), `${file}: rules`);
  return all.length;
};

/** Values that must be refused, each with what the refusal has to name. */
const refused = [
  [[], 'brokers'],
  [['--set', 'kafka.brokers=nowhere'], 'brokers'],
  [['--set', 'kafka.brokers=k:9092,assembler.autoscaling.minReplicas=0'], 'minReplicas'],
  [['--set', 'kafka.brokers=k:9092,exporter.autoscaling.minReplicas=0'], 'minReplicas'],
  [['--set', 'kafka.brokers=k:9092,kafka.sasl.mechanism=plain'], 'secret'],
  [['--set', 'kafka.brokers=k:9092,image.tag=latest'], 'tag'],
  [['--set', 'kafka.brokers=k:9092,asembler.replicas=3'], 'asembler'],
  [['--set', 'kafka.brokers=k:9092,console.enabled=true'], 'keysSecret'],
  [['--set', 'kafka.brokers=k:9092,console.enabled=true,console.openTo={http://x}'], 'openTo'],
  [['--set', 'kafka.brokers=k:9092,monitoring.serviceMonitor.enabled=true'], 'readKeySecret'],
];

let count = 0;
for (const name of readdirSync(join(chart, 'ci')).sort()) count += checkValues(join(chart, 'ci', name));
for (const [args, named] of refused) {
  const { status, stderr } = template(...args);
  expect(
    status !== 0 && stderr.includes(named),
    `not refused, or not for ${named}: ${args.join(' ') || 'no values'}`,
  );
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`the Helm chart renders ${count} objects as it should, and refuses ${refused.length} mistakes`);
