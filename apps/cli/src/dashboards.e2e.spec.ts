import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@kaizen-trace/testkit';
import { startPipeline } from './testing/pipeline-process.js';
import { startProcess } from './testing/processes.js';
import { describeWithPrometheus, startPrometheus } from './testing/real-prometheus.js';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const folder = new URL('../../../infra/grafana/dashboards/', import.meta.url);

/** Every query of every dashboard, as Grafana would send it. */
const queries = (): Map<string, string> => {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const { panels } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Dashboard;
    for (const { title, targets = [] } of panels)
      for (const [nth, { expr }] of targets.entries())
        found.set(`${file}, ${title}, ${nth}`, expr.replaceAll('$__rate_interval', '20s'));
  }
  return found;
};

/** What Prometheus' own tool finds wrong with the names, types and help of a service's metrics. */
const complaintsAbout = async (url: string): Promise<string> => {
  const input = await (await fetch(`${url}/metrics`)).text();
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return stdout + stderr;
};

describeWithPrometheus('the dashboards', () => {
  it('show a number in every query, on what Prometheus scrapes off the running services and finds nothing wrong with', async () => {
    const [assembler = 0, exporter = 0] = await freePorts(2);
    const pipeline = await startPipeline({
      KAIZEN_ASSEMBLER_PORT: String(assembler),
      KAIZEN_EXPORTER_PORT: String(exporter),
    });
    const targets = [
      pipeline.env.KAIZEN_GATEWAY_URL!,
      `http://127.0.0.1:${assembler}`,
      `http://127.0.0.1:${exporter}`,
      pipeline.queryUrl,
    ];
    const prometheus = await startPrometheus();
    const load = startProcess(
      'apps/cli/bin/kaizen-trace.js',
      ['simulate', '--agents', '4', '--traces', '2000', '--rate', '400'],
      pipeline.env,
    );
    try {
      await prometheus.scrape({
        'kaizen-gateway': [targets[0]!],
        'kaizen-span-assembler': [targets[1]!],
        'kaizen-span-exporter': [targets[2]!],
        'kaizen-trace-store': [targets[3]!],
      });
      const waiting = queries();
      expect(waiting.size).toBeGreaterThan(60);
      for (const deadline = Date.now() + 60_000; waiting.size > 0 && Date.now() < deadline;) {
        await sleep(1_000);
        for (const [where, expression] of waiting)
          if ((await prometheus.query(expression)).some(({ value }) => Number.isFinite(value)))
            waiting.delete(where);
      }
      expect([...waiting]).toEqual([]);
      expect((await prometheus.query('up')).map(({ value }) => value)).toEqual([1, 1, 1, 1]);
      for (const target of targets) expect([target, await complaintsAbout(target)]).toEqual([target, '']);
    } finally {
      await load.end();
      await prometheus.stop();
      await pipeline.end();
    }
  }, 180_000);
});
