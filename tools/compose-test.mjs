/**
 * `npm run test:compose -- [--tls] [--traces N] [--no-build]`: the compose stack for real, under a name and on ports of its
 * own. Three assemblers, one of them killed while events come, then every trace looked for at Jaeger's API and counted;
 * every panel's query under load; the stack taken down and up again with operations open. Then the specs of testkit, with
 * servers from containers. Needs a Docker engine with compose; exits 3, saying why, where there is none or an image cannot
 * be had. Grafana alone may be missing: then it is named as left out. Over after nine minutes at the latest.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs, parseEnv } from 'node:util';
import {
  checkContainers,
  checkFile,
  checkGrafana,
  checkImage,
  checkRefusal,
  checkTls,
  killAssembler,
  panelsHaveData,
  targetsUp,
} from './compose-test-checks.mjs';
import { began, ended, newTraces, post, sending, wholeInJaeger } from './compose-test-load.mjs';
import {
  compose,
  docker,
  env,
  json,
  leftOut,
  must,
  ports,
  project,
  say,
  takeDown,
  until,
} from './compose-test-stack.mjs';

const { values: options } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    traces: { type: 'string', default: '400' },
    'no-build': { type: 'boolean', default: false },
  },
});
const half = Number(options.traces) / 2;

if (!docker(['info'], { seconds: 20 }).ok) leftOut('no Docker engine answers');
if (!docker(['compose', 'version'], { seconds: 20 }).ok) leftOut('docker has no compose plugin');

/** An image of compose's list, or another version of it that is here, where that one cannot be had. */
const had = (image) => {
  if (docker(['image', 'inspect', image]).ok) return true;
  const seconds = Math.max(5, 240 - Math.ceil(performance.now() / 1_000));
  if (docker(['pull', '--quiet', image], { seconds }).ok) return true;
  const [repository] = image.split(':');
  const listed = docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', repository]).out;
  const other = listed.split('\n').find((name) => name.startsWith(`${repository}:`) && !name.includes('<'));
  if (other === undefined) return false;
  const variable = `${repository.split('/').at(-1).toUpperCase()}_IMAGE`;
  say(`${image} cannot be had: ${other}, which is here, takes its place`);
  env[variable] = other;
  return true;
};

const { services: planned } = JSON.parse(
  must('docker compose config', compose(['config', '--format', 'json'])),
);
const missing = Object.entries(planned)
  .filter(([, { image }]) => !image.startsWith('kaizen-trace') && !had(image))
  .map(([name]) => name);
const needed = missing.filter((name) => name !== 'grafana');
if (needed.length > 0) leftOut(`no way to ${needed.map((name) => planned[name].image).join(', ')}`);
if (missing.length > 0)
  say(`${planned.grafana.image} cannot be had: Grafana itself is left out, its queries are not`);
const services = Object.keys(planned).filter((name) => !missing.includes(name));

const interrupted = () => {
  takeDown();
  process.exit(130);
};
process.on('SIGINT', interrupted);
process.on('SIGTERM', interrupted);

const up = (profiles = []) => {
  const wait = ['--detach', '--wait', '--wait-timeout', '240', '--no-build', '--scale', 'span-assembler=3'];
  must(
    'docker compose up',
    compose([...profiles.flatMap((name) => ['--profile', name]), 'up', ...wait, ...services]),
  );
};

/** As people would ask for them. The console wants none where none have been set. */
const keysOfTheStack = () => {
  const shown = must('show-key', compose(['run', '--rm', '-T', 'show-key']));
  const { KAIZEN_API_KEY: agents, KAIZEN_CONSOLE_KEY: people } = parseEnv(shown);
  return { agents, people };
};

/** Without a key, and with TLS also by the key that the stack has without, there is no way in. */
const checkDoor = async () => {
  for (const key of [undefined, ...(options.tls ? ['local-development-only'] : [])]) {
    const { status } = await sending(key, began(newTraces(1)));
    if (status !== 401) throw new Error(`the gateway answered ${status} to the key ${key}`);
  }
};

/** With TLS the console wants its key, as the password of a login. */
const consoleShows = async (key, open) => {
  const url = `http://127.0.0.1:${ports.CONSOLE}`;
  const { status } = await fetch(url);
  if (status !== (options.tls ? 401 : 200)) throw new Error(`without a login the console answered ${status}`);
  const login = Buffer.from(`operator:${key}`).toString('base64');
  const headers = options.tls ? { authorization: `Basic ${login}` } : {};
  const page = await (await fetch(url, { headers })).text();
  if (!/<div id="console"/.test(page)) throw new Error(`${url} is not the console: ${page.slice(0, 200)}`);
  await until('the console names the services', 30, async () => {
    const { data } = await json(`${url}/api/services`, headers);
    return data.includes('compose-test') ? '' : `it names ${data}`;
  });
  // All that is open, so that each partition's owner must have answered; after a kill some take a while to be ready.
  await until('the console lists what is open', 90, async () => {
    const asked = `${url}/api/open-operations?service=compose-test&limit=200`;
    const { operations, ...rest } = await json(asked, headers);
    const missing = open.filter((id) => !operations.some(({ trace_id: its }) => its === id));
    return missing.length === 0 ? '' : `${missing.length} are missing; ${JSON.stringify(rest).slice(0, 600)}`;
  });
  say('the console shows services and open operations');
};

const throughAKill = async (key) => {
  const [first, second] = [newTraces(half), newTraces(half)];
  await post(key, began(first));
  say('killing one assembler, with operations open in all of them …');
  killAssembler(2);
  await post(key, began(second));
  await post(key, ended(first));
  await post(key, ended(second));
  const spans = await wholeInJaeger([...first, ...second]);
  say(`${2 * half} traces, ${spans} spans: none lost, none twice`);
  must('docker start', docker(['start', `${project}-span-assembler-2`]));
};

const panelsUnderLoad = async () => {
  await targetsUp();
  const load = `${project}-load`;
  const simulate = ['apps/cli/dist/main.js', 'simulate', '--traces', '20000', '--rate', '150'];
  const apart = ['run', '--rm', '--detach', '--no-deps', '--name', load];
  must('demo', compose(['--profile', 'demo', ...apart, 'demo', 'agents/agents.env', ...simulate]));
  say(`${await panelsHaveData()} queries of panels have data under load`);
  must('docker rm', docker(['rm', '--force', load]));
};

/** What was open when the stack went down is closed by who comes after. */
const throughARest = async ({ agents: key, people }) => {
  const open = newTraces(20);
  await post(key, began(open));
  await consoleShows(people, open);
  must('docker compose down', compose(['--profile', '*', 'down', '--timeout', '20']));
  say('down, and up again from its volumes …');
  // With TLS too: what has certificates needs no profile to keep to them.
  up();
  await checkDoor();
  await post(key, ended(open));
  await wholeInJaeger(open);
  say('operations that were open before are whole traces now');
};

const fromContainers = () => {
  say('the specs of testkit, with servers from containers …');
  const args = ['tools/run.mjs', 'test', 'libs/testkit/src/real.int.spec.ts'];
  const { status } = spawnSync(process.execPath, args, {
    // The run's own teardown ends them; their ports are on loopback.
    env: {
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_HOST_OVERRIDE: 'localhost',
      ...env,
      TEST_REAL_SOURCE: 'container',
      REQUIRE_REAL: '1',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 180_000,
  });
  if (status !== 0) throw new Error('testkit gets no servers from containers');
};

const run = async () => {
  say(`docker compose config is clean with every choice of [${checkFile()}]`);
  checkGrafana();
  if (!options['no-build']) {
    say('building the image of the services …');
    if (!compose(['build', 'gateway'], { quiet: false }).ok) throw new Error('the image could not be built');
  }
  say(`the image has no root and no tools, and adds ${Math.round(checkImage())} MB to Node's`);
  say(`starting ${services.join(', ')}${options.tls ? ', with TLS' : ''} …`);
  up(options.tls ? ['tls'] : []);
  say(`up, ${checkContainers()} containers`);
  await checkDoor();
  if (options.tls) await checkTls();
  else checkRefusal();
  const keys = keysOfTheStack();
  await throughAKill(keys.agents);
  await panelsUnderLoad();
  await throughARest(keys);
  takeDown();
  if (!options.tls) fromContainers();
};

let failed = false;
try {
  await run();
} catch (error) {
  failed = true;
  say(error.message);
  console.error(compose(['logs', '--no-color', '--tail', '15', ...services]).out.slice(-8_000));
} finally {
  takeDown();
}
say(failed ? 'FAILED' : 'ok');
process.exit(failed ? 1 : 0);
