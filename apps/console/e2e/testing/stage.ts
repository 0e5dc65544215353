import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@kaizen-trace/testkit';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath } from './chromium.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A pipeline of this test's own, and a browser that looks at its console. */
export interface Stage {
  /** Where the console is, without a slash at its end. */
  readonly url: string;
  readonly gateway: string;
  /** A page of its own, with what went wrong in it: errors, refused loads, requests to other hosts. */
  newPage(
    options?: BrowserContextOptions,
  ): Promise<{ readonly page: Page; readonly problems: readonly string[] }>;
  /** Ends the pipeline, but not the browser. */
  stopPipeline(): Promise<void>;
  /** Starts it again where it was. */
  startPipeline(): Promise<void>;
  end(): Promise<void>;
}

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const startUp = async (env: Readonly<Record<string, string>>): Promise<ChildProcess> => {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(root, 'apps/cli/bin/kaizen-trace.js'), 'up'], {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const running = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('is running')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the pipeline ended with ${String(code)}:\n${said}`)));
  });
  await running;
  return child;
};

const endOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

const watch = (page: Page, url: string): readonly string[] => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A failed fetch is told by the browser, too; the page shows it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) problems.push(`asked ${request.url()}`);
  });
  return problems;
};

/** Starts the pipeline on free ports, with these variables beside, and a browser. */
export const openStage = async (more: Readonly<Record<string, string>> = {}): Promise<Stage> => {
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
  const url = `http://localhost:${query}`;
  let pipeline = await startUp(env);
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: quiet });
  return {
    url,
    gateway: `http://localhost:${gateway}`,
    newPage: async (options = {}) => {
      const viewport = { width: 1280, height: 800 };
      const context = await browser.newContext({ viewport, colorScheme: 'light', ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      return { page, problems: watch(page, url) };
    },
    stopPipeline: () => endOf(pipeline),
    startPipeline: async () => {
      pipeline = await startUp(env);
    },
    end: async () => {
      await browser.close();
      await endOf(pipeline);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
