/** Processes of ours under measurement: started from the build, their CPU and memory read from the kernel. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ticksPerSecond = 100;

export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'kaizen-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

export const freePorts = (count) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address();
      await new Promise((resolve) => server.close(resolve));
      return port;
    }),
  );

/** CPU seconds (user and system) of a process so far, all threads; 0 where the kernel does not tell. */
const cpuSecondsOf = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
};

/** Memory of a process in MiB: resident now, its anonymous part, and the peak of the resident. */
const memoryOf = (pid) => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mib = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
    return { rss: mib('VmRSS'), anonymous: mib('RssAnon'), peak: mib('VmHWM') };
  } catch {
    return { rss: 0, anonymous: 0, peak: 0 };
  }
};

/** Starts a built script; its output is kept for the error message alone. */
export const startService = (script, args, env) => {
  const child = spawn(process.execPath, ['--max-semi-space-size=32', join(root, script), ...args], {
    cwd: root,
    // BENCH_NODE_OPTIONS takes, for example, `--cpu-prof --cpu-prof-dir=profiles`.
    env: {
      ...process.env,
      KAIZEN_LOG_LEVEL: 'warn',
      ...env,
      NODE_OPTIONS: env.NODE_OPTIONS ?? process.env.BENCH_NODE_OPTIONS ?? '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
  const exited = once(child, 'exit');
  return {
    cpuSeconds: () => cpuSecondsOf(child.pid),
    memory: () => memoryOf(child.pid),
    said: () => said,
    exitCode: () => child.exitCode,
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.race([exited, sleep(20_000).then(() => child.kill('SIGKILL'))]);
    },
    assertAlive: () => {
      if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}:\n${said}`);
    },
  };
};

/** The whole pipeline on the embedded log in one process, on free ports and a folder of its own, once it is ready. */
export const startEmbedded = async () => {
  const folder = temporaryFolder();
  const names = ['GATEWAY', 'ASSEMBLER', 'EXPORTER', 'QUERY', 'OTLP'];
  const ports = await freePorts(names.length);
  const env = Object.fromEntries(names.map((name, index) => [`KAIZEN_${name}_PORT`, String(ports[index])]));
  const service = startService('apps/cli/bin/kaizen-trace.js', ['up'], {
    ...env,
    KAIZEN_DATA_DIR: folder.path,
  });
  const [gateway, assembler, exporter, query] = ports.map((port) => `http://127.0.0.1:${port}`);
  const stop = async () => {
    await service.stop();
    folder.remove();
  };
  const isReady = () =>
    fetch(`${gateway}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  try {
    await until(isReady, { alive: service.assertAlive });
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...service, stop, gateway, assembler, exporter, query };
};

/** Polls until `check` gives something; `alive` throws where waiting is in vain. */
export const until = async (check, { alive = () => {}, everyMs = 20, patienceMs = 600_000 } = {}) => {
  for (const deadline = Date.now() + patienceMs; ;) {
    alive();
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error('it took too long');
    await sleep(everyMs);
  }
};

/** The value of a metric without labels of its own, summed over what it is labelled with. */
export const metric = async (url, name) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};
