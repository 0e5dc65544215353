/** What holds for the stack beside that traces go through it: its file, its image, its metrics, its locks. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { parse } from 'yaml';
import { compose, docker, json, must, ports, project, until } from './compose-test-stack.mjs';

const image = 'kaizen-trace:local';
const base = 'node:24-bookworm-slim';
const expect = (holds, problem) => {
  if (!holds) throw new Error(problem);
};

const subsets = (names) => names.reduce((all, name) => [...all, ...all.map((some) => [...some, name])], [[]]);

/** Every profile alone and with the others: no warning; images with a version; ports on loopback; nothing without bounds. */
export const checkFile = () => {
  const profiles = must('the profiles', compose(['config', '--profiles']))
    .split('\n')
    .filter(Boolean);
  for (const some of subsets(profiles)) {
    const args = some.flatMap((profile) => ['--profile', profile]);
    const { ok, out, err } = compose([...args, 'config', '--format', 'json']);
    expect(ok && err === '', `docker compose config with the profiles [${some}]: ${err}`);
    for (const [name, service] of Object.entries(JSON.parse(out).services)) {
      expect(/:(?!latest)[^:/]+$/.test(service.image), `${name}: its image ${service.image} has no version`);
      expect(service.deploy?.resources?.limits?.memory, `${name}: no limit of memory`);
      expect(service.cap_drop?.includes('ALL'), `${name}: keeps capabilities`);
      expect(service.restart !== 'unless-stopped' || service.healthcheck, `${name}: no health check`);
      for (const port of service.ports ?? [])
        expect(port.host_ip === '127.0.0.1', `${name}: ${port.published} is open to other machines`);
    }
  }
  return profiles;
};

const provisioned = (name) =>
  parse(
    readFileSync(new URL(`../infra/grafana/provisioning/${name}/kaizen-trace.yml`, import.meta.url), 'utf8'),
  );

/** Whether Grafana will find what it is given: sources at servers of the stack, dashboards where they are mounted. */
export const checkGrafana = () => {
  const { services } = JSON.parse(must('config', compose(['config', '--format', 'json'])));
  const { environment, volumes } = services.grafana;
  const { datasources } = provisioned('datasources');
  for (const { name, type, uid, url } of datasources) {
    const at = url.replace(/\$\{(\w+)\}/g, (_, variable) => environment[variable] ?? '');
    const { hostname } = new URL(at);
    expect(['prometheus', 'jaeger'].includes(type) && uid, `the data source ${name} has no type or uid`);
    expect(services[hostname], `the data source ${name} is at ${at}, which is no service of the stack`);
  }
  const isDefault = datasources.filter((source) => source.isDefault).map(({ type }) => type);
  expect(isDefault.join() === 'prometheus', `the default data source is ${isDefault}, not Prometheus`);
  const mounted = volumes.map(({ target }) => target);
  for (const { type, options } of provisioned('dashboards').providers)
    expect(type === 'file' && mounted.includes(options.path), `no dashboards are mounted at ${options.path}`);
  expect(mounted.includes('/etc/grafana/provisioning'), 'Grafana is not given what to provision');
};

/** The image of the services: no root, nothing to build with, little beside Node. */
export const checkImage = () => {
  const inspect = (name, what) =>
    must(name, docker(['image', 'inspect', '--format', `{{${what}}}`, name])).trim();
  expect(inspect(image, '.Config.User') === 'node', `${image} runs as ${inspect(image, '.Config.User')}`);
  const ours = (inspect(image, '.Size') - inspect(base, '.Size')) / 1e6;
  expect(ours < 80, `${image} adds ${Math.round(ours)} MB to ${base}`);
  const tools = 'npm npx yarn corepack gcc g++ cc make python3 git';
  const script = `for tool in ${tools}; do if command -v $tool; then exit 1; fi; done; touch /app/x 2>/dev/null && echo /app && exit 1; [ $(id -u) = 1000 ]`;
  const { ok, out } = docker(['run', '--rm', '--entrypoint', 'sh', image, '-c', script]);
  expect(ok, `${image} has, or lets write to: ${out}`);
  return ours;
};

/** What runs is bounded as it should be, and our own cannot write to what they are. */
export const checkContainers = () => {
  const ids = must('the list of containers', compose(['ps', '--quiet']))
    .split('\n')
    .filter(Boolean);
  for (const id of ids) {
    const [container] = JSON.parse(must('docker inspect', docker(['inspect', id])));
    const { Name: name, HostConfig: host, Config: config } = container;
    expect(host.CapDrop?.includes('ALL'), `${name} has capabilities`);
    expect(host.Memory > 0, `${name} has no limit of memory`);
    expect(host.ReadonlyRootfs || /kafka/.test(config.Image), `${name} can write to its file system`);
    expect(config.User !== '' && config.User !== 'root', `${name} runs as root`);
  }
  return ids.length;
};

/** A series of Prometheus that has a number now. */
const hasNumber = async (expression) => {
  const query = new URLSearchParams({ query: expression.replaceAll('$__rate_interval', '20s') });
  const { data } = await json(`http://127.0.0.1:${ports.PROMETHEUS}/api/v1/query?${query}`);
  return data.result.some(({ value }) => Number.isFinite(Number(value[1])));
};

/** Every query of every panel, by where it stands. */
const panelQueries = () => {
  const folder = new URL('../infra/grafana/dashboards/', import.meta.url);
  const found = new Map();
  for (const file of readdirSync(folder))
    for (const { title, targets = [] } of JSON.parse(readFileSync(new URL(file, folder), 'utf8')).panels)
      for (const [nth, { expr }] of targets.entries()) found.set(`${file}, ${title}, ${nth + 1}`, expr);
  return found;
};

export const targetsUp = () =>
  until('Prometheus reaches every service', 60, async () => {
    const { data } = await json(`http://127.0.0.1:${ports.PROMETHEUS}/api/v1/targets?state=active`);
    const jobs = Map.groupBy(data.activeTargets, ({ labels }) => labels.job);
    const away = [...jobs].filter(([, targets]) => !targets.some(({ health }) => health === 'up'));
    return jobs.size >= 4 && away.length === 0 ? '' : `${jobs.size} jobs, away: ${away.map(([job]) => job)}`;
  });

/** Under load, each panel's query gives a number at least once. */
export const panelsHaveData = async () => {
  const waiting = panelQueries();
  const { size } = waiting;
  expect(size > 50, `only ${size} queries were found in the dashboards`);
  await until('every panel of every dashboard has data', 90, async () => {
    for (const [where, expression] of waiting) if (await hasNumber(expression)) waiting.delete(where);
    return [...waiting.keys()].join('; ');
  });
  return size;
};

/** The certificate that a port of loopback shows is one of `ca`. */
const handshake = (port, ca) =>
  new Promise((done, failed) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', timeout: 10_000 });
    socket.on('secureConnect', () => done(socket.destroy()));
    socket.on('timeout', () => failed(new Error(`no handshake at ${port}`)));
    socket.on('error', failed);
  });

/** With TLS: Kafka and Jaeger show certificates of the stack's authority, and an OTLP request without is not taken. */
export const checkTls = async () => {
  const ca = must('ca.pem', compose(['exec', '-T', 'gateway', 'cat', '/run/kaizen/ca.pem']));
  for (const name of ['KAFKA', 'OTLP_GRPC', 'OTLP_HTTP']) await handshake(ports[name], ca);
  const plain = await fetch(`http://127.0.0.1:${ports.OTLP_HTTP}/v1/traces`, { method: 'POST' }).catch(
    (error) => error,
  );
  expect(plain.ok !== true, 'Jaeger takes spans without TLS');
  const other = await handshake(ports.KAFKA, undefined).catch((error) => error);
  expect(other instanceof Error, 'Kafka shows a certificate that everybody trusts');
};

/** Without TLS: no certificates are made beside services that run so. */
export const checkRefusal = () => {
  const { ok, err, out } = compose(['--profile', 'tls', 'run', '--rm', '-T', '--no-deps', 'certificates']);
  expect(!ok && /without/.test(err + out), `certificates were made beside a stack without: ${out}${err}`);
};

/** Kills one assembler as a crash would. */
export const killAssembler = (nth) =>
  must('docker kill', docker(['kill', `${project}-span-assembler-${nth}`]));
