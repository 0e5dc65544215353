import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

const cli = join(import.meta.dirname, '../../../cli/bin/kaizen-trace.js');

export const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
};

/** The command line as a process of its own, with these variables beside; `says` is what it has printed so far. */
export const run = (args, env) => {
  const child = spawn(process.execPath, ['--max-semi-space-size=32', cli, ...args], {
    env: { ...process.env, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { child, says: () => said };
};

export const until = async (test, what) => {
  for (const deadline = Date.now() + 600_000; !(await test());) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
};

/** A pipeline over the folder `data`, on ports of its own. */
export const openPipeline = async (data) => {
  const [gateway, assembler, exporter, query, otlp] = await Promise.all(Array.from({ length: 5 }, freePort));
  const env = {
    KAIZEN_DATA_DIR: data,
    KAIZEN_GATEWAY_PORT: gateway,
    KAIZEN_GATEWAY_URL: `http://localhost:${gateway}`,
    KAIZEN_ASSEMBLER_PORT: assembler,
    KAIZEN_EXPORTER_PORT: exporter,
    KAIZEN_QUERY_PORT: query,
    KAIZEN_OTLP_PORT: otlp,
  };
  const { child, says } = run(['up'], env);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the pipeline ended:\n${says()}`);
    return says().includes('is running');
  }, 'the pipeline');
  return {
    env,
    pid: child.pid,
    url: `http://localhost:${query}`,
    gateway: `http://localhost:${gateway}`,
    close: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
};
