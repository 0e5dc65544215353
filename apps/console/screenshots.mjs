/**
 * `node apps/console/screenshots.mjs [--only NAME]`: a pipeline of its own, 5,000 traces played by `simulate` and one of
 * 50,000 spans, and a picture of each view in docs/images. Says how long the large trace took to its first rows and to
 * its last. Needs a build, and Chromium: CHROME_PATH, or Debian's package. Pages of the operating API are in
 * `src/operations/screenshots.mjs` where it is there: it exports `shots`, a list like the one below.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { largeTrace, publish } from './e2e/testing/large-trace.ts';
import { smallPng } from './small-png.mjs';

const root = join(import.meta.dirname, '../..');
const images = join(root, 'docs/images');
const cli = join(root, 'apps/cli/bin/kaizen-trace.js');
const { values } = parseArgs({
  options: { only: { type: 'string' }, traces: { type: 'string', default: '5000' } },
});

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
};

const run = (args, env) => {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { child, says: () => said };
};

const until = async (test, what) => {
  for (const deadline = Date.now() + 600_000; !(await test());) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
};

const firstRow = '.results, .treegrid-body .treegrid-row';

const traceShots = ({ large, small, other }) => [
  { name: 'console-traces', path: '/?lookback=7d&limit=500', ready: firstRow },
  { name: 'console-timeline-50000', path: `/trace/${large}`, ready: firstRow },
  {
    name: 'console-timeline',
    path: `/trace/${small}`,
    ready: firstRow,
    colorScheme: 'dark',
    act: async (page) => {
      await page.locator('.treegrid').focus();
      for (const key of ['x', 'Enter']) await page.keyboard.press(key);
      await page.locator('.detail .exception').first().waitFor();
    },
  },
  { name: 'console-agents', path: `/trace/${large}?view=agents`, ready: firstRow },
  { name: 'console-compare', path: `/compare?left=${small}&right=${other}`, ready: firstRow },
  { name: 'console-phone', path: `/trace/${small}`, ready: firstRow, viewport: { width: 375, height: 720 } },
];

const shoot = async (browser, url, { name, path, ready, act, ...options }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.goto(url + path);
  await page.locator(ready).first().waitFor({ timeout: 120_000 });
  if (path.startsWith('/trace/'))
    await page.locator('.trace-facts:not(:has([role=status]))').waitFor({ timeout: 120_000 });
  await act?.(page);
  await page.waitForTimeout(1_000);
  const marks = await page.evaluate(() =>
    performance.getEntriesByType('mark').map((mark) => `${mark.name} ${Math.round(mark.startTime)} ms`),
  );
  const png = smallPng(await page.screenshot());
  writeFileSync(join(images, `${name}.png`), png);
  console.log(`${name}.png ${Math.round(png.length / 1024)} KiB ${marks.join(', ')}`);
  await context.close();
};

/** The large trace's id, and those of two others, the first with a failure that has a stack. */
const tracesIn = async (url, large) => {
  const answer = await (await fetch(`${url}/api/traces?service=research-team&limit=200`)).json();
  const hasStack = ({ spans }) =>
    spans.some(({ logs }) => logs.some(({ fields }) => fields.some(({ key }) => key.endsWith('stacktrace'))));
  const small = answer.data.find((trace) => hasStack(trace) && trace.spans.length > 80) ?? answer.data[0];
  return { large, small: small.traceID, other: answer.data.find((trace) => trace !== small).traceID };
};

const fill = async (env, url, gateway) => {
  const large = createHash('sha256').update('the large one').digest('hex').slice(0, 32);
  const start = Date.now() / 1_000 - 2_400;
  await publish(
    gateway,
    largeTrace({ traceId: 'the large one', service: 'code-migration', operations: 25_000, start }),
  );
  const { child, says } = run(
    ['simulate', '--agents', '8', '--traces', values.traces, '--seed', 'pictures'],
    env,
  );
  await once(child, 'exit');
  console.log(says().trim());
  await until(async () => {
    const text = await (await fetch(`${url}/api/traces/${large}`)).text();
    return text.split('"operationName"').length > 50_000;
  }, 'the large trace');
  let newest = '';
  await until(async () => {
    const before = newest;
    const { data } = await (await fetch(`${url}/api/traces?service=research-team&limit=1`)).json();
    newest = `${data?.[0]?.traceID} ${data?.[0]?.spans.length}`;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return before === newest && data?.length > 0;
  }, 'the simulated traces');
  return tracesIn(url, large);
};

const operations = join(import.meta.dirname, 'src/operations/screenshots.mjs');
const folder = mkdtempSync(join(tmpdir(), 'kaizen-pictures-'));
const [gateway, assembler, exporter, query, otlp] = await Promise.all(Array.from({ length: 5 }, freePort));
const env = {
  KAIZEN_DATA_DIR: join(folder, 'data'),
  KAIZEN_GATEWAY_PORT: gateway,
  KAIZEN_GATEWAY_URL: `http://localhost:${gateway}`,
  KAIZEN_ASSEMBLER_PORT: assembler,
  KAIZEN_EXPORTER_PORT: exporter,
  KAIZEN_QUERY_PORT: query,
  KAIZEN_OTLP_PORT: otlp,
};
const pipeline = run(['up'], env);
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await until(() => pipeline.says().includes('is running'), 'the pipeline');
  const url = `http://localhost:${query}`;
  const traces = await fill(env, url, `http://localhost:${gateway}`);
  mkdirSync(images, { recursive: true });
  const more = existsSync(operations) ? (await import(operations)).shots : [];
  for (const shot of [...traceShots(traces), ...more])
    if (values.only === undefined || shot.name === values.only) await shoot(browser, url, shot);
} finally {
  await browser.close();
  pipeline.child.kill('SIGTERM');
  await once(pipeline.child, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
