import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { freePorts, leaveOut, realPartsRequired } from '@kaizen-trace/testkit';

/** Addresses to scrape, as `host:port` or URL, by job. */
export type Targets = Readonly<Record<string, readonly string[]>>;

/** One series that a query gave, with its newest value. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An alert that is pending or fires. */
export interface Alert {
  readonly name: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Prometheus of a test's own, on loopback. */
export interface Prometheus {
  /** Scrapes just these from now on. */
  scrape(targets: Targets): Promise<void>;
  query(expression: string): Promise<readonly Sample[]>;
  alerts(): Promise<readonly Alert[]>;
  /** The names of those that fire now, each once. */
  firing(): Promise<readonly string[]>;
  /**
   * Waits until the alert, with these labels among its own, is as told; firing, it is given back. @throws Error with what
   * it is instead, after a while.
   */
  becomes(alert: string, state: 'firing' | 'resolved', labels?: Alert['labels']): Promise<Alert | undefined>;
  stop(): Promise<void>;
}

const patienceMs = 60_000;

const missing = (): string | undefined =>
  spawnSync('prometheus', ['--version']).error === undefined
    ? undefined
    : 'prometheus is not installed (Debian: the package prometheus)';

/** A `describe` for what needs a Prometheus; without one it is left out, aloud, and with `REQUIRE_REAL=1` it fails. */
export const describeWithPrometheus = (name: string, body: () => void): void => {
  const reason = missing();
  if (reason === undefined || realPartsRequired()) describe(name, body);
  else leaveOut(name, reason, body);
};

const configuration = (rules: boolean, seconds: number): string => `
global: { scrape_interval: ${seconds}s, scrape_timeout: ${seconds}s, evaluation_interval: 1s }
${rules ? 'rule_files: [rules.yml]' : ''}
scrape_configs:
  - job_name: services
    file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
`;

const groupsOf = (targets: Targets) =>
  Object.entries(targets).map(([job, addresses]) => ({
    targets: addresses.map((address) =>
      address.replace(/^https?:\/\//, '').replace('localhost', '127.0.0.1'),
    ),
    labels: { job },
  }));

const startIn = async (folder: string, port: number) => {
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const isReady = async (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const deadline = Date.now() + patienceMs; !(await isReady());) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`prometheus did not start: ${said}`);
    }
    await sleep(100);
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
};

interface Answer<Data> {
  readonly status: string;
  readonly error?: string;
  readonly data?: Data;
}

interface InstantVector {
  readonly result: readonly {
    readonly metric: Sample['metric'];
    readonly value: readonly [number, string];
  }[];
}

interface AlertList {
  readonly alerts: readonly { readonly state: string; readonly labels: Alert['labels'] }[];
}

const ask = async <Data>(url: string): Promise<Data> => {
  const answer = (await (await fetch(url)).json()) as Answer<Data>;
  if (answer.data === undefined) throw new Error(`${url}: ${answer.error ?? answer.status}`);
  return answer.data;
};

/**
 * Starts one with these alert rules, or none, that scrapes every second, or as often as told: a service whose log is
 * away takes two seconds to answer. @throws Error with what it said where it does not start.
 */
export const startPrometheus = async (rules?: string, scrapeSeconds = 1): Promise<Prometheus> => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-prometheus-'));
  const targets = join(folder, 'targets.json');
  await writeFile(targets, '[]');
  if (rules !== undefined) await writeFile(join(folder, 'rules.yml'), rules);
  await writeFile(join(folder, 'prometheus.yml'), configuration(rules !== undefined, scrapeSeconds));
  const [port = 0] = await freePorts(1);
  const { url, stop } = await startIn(folder, port);
  const alerts = async (): Promise<readonly Alert[]> => {
    const found = (await ask<AlertList>(`${url}/api/v1/alerts`)).alerts;
    return found.map(({ state, labels }) => ({ name: labels.alertname ?? '', state, labels }));
  };
  const firing = async (): Promise<readonly string[]> => {
    const found = (await alerts()).filter(({ state }) => state === 'firing').map(({ name }) => name);
    return [...new Set(found)];
  };
  return {
    alerts,
    firing,
    scrape: (wanted) => writeFile(targets, JSON.stringify(groupsOf(wanted))),
    query: async (expression) => {
      const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
      const { result } = await ask<InstantVector>(url + path);
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    becomes: async (alert, state, labels = {}) => {
      const isMeant = (one: Alert): boolean =>
        one.name === alert &&
        one.state === 'firing' &&
        Object.entries(labels).every(([name, value]) => one.labels[name] === value);
      for (const deadline = Date.now() + patienceMs; ;) {
        const all = await alerts();
        const found = all.find(isMeant);
        if ((found !== undefined) === (state === 'firing')) return found;
        if (Date.now() > deadline) throw new Error(`${alert} is not ${state}: ${JSON.stringify(all)}`);
        await sleep(250);
      }
    },
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
