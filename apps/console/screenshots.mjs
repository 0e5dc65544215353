/**
 * `node apps/console/screenshots.mjs [--only NAME,…] [--data FOLDER] [--traces N]`: a pipeline of its own, 5,000 traces
 * played by `simulate` and one of 50,000 spans, open operations, dead letters and a replay, and a picture of each view in
 * docs/images. A folder that is given is kept, and filled once. Needs a build, and Chromium: CHROME_PATH, or Debian's.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import {
  appendPoison,
  fillLarge,
  fillMany,
  largeId,
  openOperations,
  smallTraces,
} from './e2e/pictures/fill.mjs';
import { openPipeline, run, until } from './e2e/pictures/pipeline.mjs';
import { smallPng } from './small-png.mjs';

const images = join(import.meta.dirname, '../../docs/images');
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    traces: { type: 'string', default: '5000' },
    data: { type: 'string' },
  },
});
const wanted = values.only?.split(',');

const firstRow = '.results, .treegrid-body .treegrid-row';
const phone = { width: 375, height: 760 };

/** Goes to the first failure and opens it. */
const openFailure = async (page) => {
  await page.locator('.treegrid').focus();
  for (const key of ['x', 'Enter']) await page.keyboard.press(key);
  await page.locator('.detail .exception').first().waitFor();
};

const traceShots = ({ small, other }) => [
  { name: 'console-traces', path: '/?service=research-team&lookback=7d&limit=500', ready: firstRow },
  { name: 'console-timeline-50000', path: `/trace/${largeId}`, ready: firstRow },
  {
    name: 'console-timeline',
    path: `/trace/${small}`,
    ready: firstRow,
    colorScheme: 'dark',
    act: openFailure,
  },
  { name: 'console-agents', path: `/trace/${largeId}?view=agents`, ready: firstRow },
  {
    name: 'console-compare',
    path: `/compare?left=${small}&right=${other}`,
    ready: firstRow,
    colorScheme: 'dark',
  },
  { name: 'console-phone', path: `/trace/${small}`, ready: firstRow, viewport: phone },
];

const firstLetter = async (page) => {
  await page.locator('tbody a').first().click();
  await page.locator('.letter-facts').first().waitFor();
};

/** A dry run, caught on its way. */
const beginReplay = async (page) => {
  await page.getByRole('button', { name: 'Begin' }).click();
  const bar = page.getByRole('progressbar', { name: 'Progress' });
  await until(async () => Number(await bar.getAttribute('aria-valuenow')) >= 35, 'a third of the replay');
};

const operationShots = () => [
  { name: 'console-running', isLive: true, path: '/running', ready: '.running-trace' },
  { name: 'console-dead-letters', path: '/dead-letters', ready: 'tbody tr' },
  {
    name: 'console-dead-letter',
    path: '/dead-letters',
    ready: 'tbody tr',
    act: firstLetter,
    colorScheme: 'dark',
  },
  {
    name: 'console-replay',
    path: '/replay',
    ready: 'form',
    act: beginReplay,
    settle: 0,
    viewport: { width: 1280, height: 640 },
  },
  {
    name: 'console-running-phone',
    isLive: true,
    path: '/running',
    ready: '.running-trace',
    viewport: phone,
    colorScheme: 'dark',
  },
  // Its lines need some minutes of what comes before.
  {
    name: 'console-pipeline',
    isLive: true,
    path: '/pipeline',
    ready: '.chart',
    colorScheme: 'dark',
    settle: 100_000,
    viewport: { width: 1280, height: 1060 },
  },
];

const save = async (page, name) => {
  const png = smallPng(await page.screenshot());
  writeFileSync(join(images, `${name}.png`), png);
  const marks = await page.evaluate(() =>
    performance.getEntriesByType('mark').map((mark) => `${mark.name} ${Math.round(mark.startTime)} ms`),
  );
  console.log(`${name}.png ${Math.round(png.length / 1024)} KiB ${marks.join(', ')}`);
};

const shoot = async (browser, url, { name, path, ready, act, settle = 1_000, ...options }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.goto(url + path);
  await page.locator(ready).first().waitFor({ timeout: 120_000 });
  if (path.startsWith('/trace/'))
    await page.locator('.trace-facts:not(:has([role=status]))').waitFor({ timeout: 120_000 });
  await act?.(page);
  await page.waitForTimeout(settle);
  await save(page, name);
  await context.close();
};

const agentsAtWork = async ({ env, url }) => {
  const fleet = ['--agents', '6', '--traces', '100000', '--rate', '400', '--open-for', '45s'];
  const started = run(['simulate', ...fleet], env);
  const open = async () => (await (await fetch(`${url}/api/open-operations?limit=50`)).json()).total;
  await until(async () => (await open()) > 20, 'agents at work');
  return started;
};

const own = values.data === undefined ? mkdtempSync(join(tmpdir(), 'kaizen-pictures-')) : undefined;
const data = values.data ?? join(own, 'data');
const isFilled = existsSync(data);
const pipeline = await openPipeline(data);
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let fleet;
try {
  if (!isFilled) {
    await openOperations(pipeline);
    await fillLarge(pipeline);
    await fillMany(pipeline, values.traces);
    await appendPoison(pipeline);
  }
  mkdirSync(images, { recursive: true });
  const traces = await smallTraces(pipeline.url);
  const shots = [...traceShots(traces), ...operationShots()];
  for (const shot of shots.filter(({ name }) => wanted === undefined || wanted.includes(name))) {
    if (shot.isLive) fleet ??= await agentsAtWork(pipeline);
    await shoot(browser, pipeline.url, shot);
  }
} finally {
  await browser.close();
  fleet?.child.kill('SIGTERM');
  if (fleet !== undefined && fleet.child.exitCode === null) await once(fleet.child, 'exit');
  await pipeline.close();
  if (own !== undefined) rmSync(own, { recursive: true, force: true });
}
