/**
 * `node apps/console/first-paint.mjs [--runs N] [--data FOLDER]`: how long a trace of 50,000 spans takes, in a pipeline of
 * its own: the backend's answer to its first byte and to its last, then in Chromium to its first rows and to its last
 * span. Beside each wall time stands the processor time that it took, which a busy machine changes little. A folder
 * that is given is kept, and filled once. Needs a build, and Chromium: CHROME_PATH, or Debian's package.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { fillLarge, largeId } from './e2e/pictures/fill.mjs';
import { openPipeline } from './e2e/pictures/pipeline.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '7' }, data: { type: 'string' } },
});

/** Milliseconds of processor that a process has used; Linux counts them in hundredths of a second. */
const processorOf = (pid) => {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = rest.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const answerOnce = async ({ url, pid }) => {
  const [begun, used] = [performance.now(), processorOf(pid)];
  const response = await fetch(`${url}/api/traces/${largeId}`);
  const reader = response.body.getReader();
  let bytes = (await reader.read()).value.length;
  const first = performance.now() - begun;
  const firstUsed = processorOf(pid) - used;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) bytes += piece.value.length;
  return {
    'first byte': first,
    'first byte, backend’s CPU': firstUsed,
    'last byte': performance.now() - begun,
    'last byte, backend’s CPU': processorOf(pid) - used,
    MiB: bytes / 2 ** 20,
  };
};

const paintOnce = async (browser, { url, pid }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const used = processorOf(pid);
  await page.goto(`${url}/trace/${largeId}`);
  const isComplete = () => performance.getEntriesByName('trace-complete').length > 0;
  await page.waitForFunction(isComplete, undefined, { timeout: 120_000 });
  const marks = await page.evaluate(() =>
    Object.fromEntries(performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime])),
  );
  const { metrics } = await session.send('Performance.getMetrics');
  await context.close();
  return {
    'first rows': marks['trace-first-rows'],
    'last span shown': marks['trace-complete'],
    'page’s main thread, busy': metrics.find(({ name }) => name === 'TaskDuration').value * 1_000,
    'until then, backend’s CPU': processorOf(pid) - used,
  };
};

const own = values.data === undefined ? mkdtempSync(join(tmpdir(), 'kaizen-first-paint-')) : undefined;
const pipeline = await openPipeline(values.data ?? join(own, 'data'));
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  await fillLarge(pipeline);
  const found = [];
  for (let run = 0; run < Number(values.runs); run++)
    found.push({ ...(await answerOnce(pipeline)), ...(await paintOnce(browser, pipeline)) });
  console.log(
    `50,000 spans, ${found.length} runs, ms; load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`,
  );
  for (const name of Object.keys(found[0])) {
    const all = found.map((each) => each[name]);
    const columns = [Math.min(...all), median(all), Math.max(...all)];
    console.log(name.padEnd(28), ...columns.map((figure) => String(Math.round(figure)).padStart(8)));
  }
} finally {
  await browser.close();
  await pipeline.close();
  if (own !== undefined) rmSync(own, { recursive: true, force: true });
}
