import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@kaizen-trace/testkit';
import { type Running, startProcess } from './processes.js';

const cli = 'apps/cli/bin/kaizen-trace.js';

/** What `npm start` runs, as a process of a test's own. */
export interface Pipeline {
  /** What an example needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly queryUrl: string;
  end(): Promise<void>;
}

/** Starts it on free ports, with just these variables beside. */
export const startPipeline = async (more: Readonly<Record<string, string>> = {}): Promise<Pipeline> => {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-examples-'));
  const [gateway, assembler, exporter, query, otlp] = (await freePorts(5)).map(String) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const up: Running = startProcess(cli, ['up'], {
    KAIZEN_DATA_DIR: join(folder, 'data'),
    KAIZEN_GATEWAY_PORT: gateway,
    KAIZEN_ASSEMBLER_PORT: assembler,
    KAIZEN_EXPORTER_PORT: exporter,
    KAIZEN_QUERY_PORT: query,
    KAIZEN_OTLP_PORT: otlp,
    ...more,
  });
  await up.says(/is running/);
  const queryUrl = `http://localhost:${query}`;
  return {
    env: {
      KAIZEN_HOOK_SPOOL: join(folder, 'hooks'),
      KAIZEN_HOOK_TIMEOUT: '10s',
      JAEGER_PORT: otlp,
      KAIZEN_GATEWAY_URL: `http://localhost:${gateway}`,
      QUERY_URL: queryUrl,
      ...more,
    },
    queryUrl,
    end: async () => {
      await up.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
