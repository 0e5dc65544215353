import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@kaizen-trace/testkit';
import { openBrowser, type WatchingBrowser } from './browser.js';
import { endProgram, startProgram } from './processes.js';

/** A console, and the gateway that feeds what it shows. */
export interface Shown {
  /** Where the console is, without a slash at its end. */
  readonly url: string;
  readonly gateway: string;
  /** What the gateway wants to be shown; none by default. */
  readonly key?: string;
}

/** A pipeline of this test's own, and a browser that looks at its console. */
export interface Stage extends Shown, Pick<WatchingBrowser, 'newPage' | 'closePages'> {
  /** Ends the pipeline, but not the browser. */
  stopPipeline(): Promise<void>;
  /** Starts it again where it was. */
  startPipeline(): Promise<void>;
  end(): Promise<void>;
}

/** A stage of one process, whose trace store is at hand. */
export interface EmbeddedStage extends Stage {
  /** Where the trace store takes spans, past the pipeline: OTLP over gRPC. */
  readonly otlp: string;
}

/** Starts the pipeline on free ports, with these variables beside, and a browser. */
export const openStage = async (more: Readonly<Record<string, string>> = {}): Promise<EmbeddedStage> => {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-console-'));
  const ports = (await freePorts(5)).map(String);
  const [gateway = '', assembler = '', exporter = '', query = '', otlp = ''] = ports;
  const env = {
    KAIZEN_DATA_DIR: join(folder, 'data'),
    KAIZEN_GATEWAY_PORT: gateway,
    KAIZEN_ASSEMBLER_PORT: assembler,
    KAIZEN_EXPORTER_PORT: exporter,
    KAIZEN_QUERY_PORT: query,
    KAIZEN_OTLP_PORT: otlp,
    ...more,
  };
  const startUp = () =>
    startProgram({ program: 'apps/cli/bin/kaizen-trace.js', args: ['up'], env, ready: 'is running' });
  const url = `http://localhost:${query}`;
  let pipeline = await startUp();
  const browser = await openBrowser(url);
  return {
    url,
    gateway: `http://localhost:${gateway}`,
    otlp: `127.0.0.1:${otlp}`,
    newPage: (options) => browser.newPage(options),
    closePages: () => browser.closePages(),
    stopPipeline: () => endProgram(pipeline),
    startPipeline: async () => {
      pipeline = await startUp();
    },
    end: async () => {
      await browser.close();
      await endProgram(pipeline);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
