import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { axeFindings } from './testing/axe.js';
import { describeChromium } from './testing/chromium.js';
import { openStage } from './testing/stage.js';
import type { Stage } from './testing/stage.js';
import { publishTrace, untilComplete } from './testing/traces.js';

describeChromium('the views of traces', () => {
  let stage: Stage;
  let ids: { small: string; larger: string };

  beforeAll(async () => {
    stage = await openStage();
    ids = {
      small: await publishTrace(stage, { traceId: 'small', operations: 120 }),
      larger: await publishTrace(stage, { traceId: 'larger', operations: 700 }),
    };
  }, 90_000);
  afterAll(() => stage.end());

  const paths = (): Readonly<Record<string, string>> => ({
    search: '/',
    timeline: `/trace/${ids.larger}`,
    agents: `/trace/${ids.larger}?view=agents`,
    compare: `/compare?left=${ids.small}&right=${ids.larger}`,
  });

  it('shows agents with their operations, errors and tokens, and folds them up', async () => {
    const { page, problems } = await stage.newPage();
    await page.goto(stage.url + paths().agents!);
    await untilComplete(page);
    const lead = page.getByRole('row', { name: /lead/ }).first();
    expect(await lead.getAttribute('aria-level')).toBe('1');
    const worker = page.getByRole('row', { name: /planner-1/ }).first();
    expect(await worker.getAttribute('aria-level')).toBe('2');
    expect(await worker.innerText()).toMatch(/\d+k/);
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('c');
    expect(await page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('2');
    await page.keyboard.press('ArrowRight');
    await page
      .getByRole('row', { name: /planner-1/ })
      .first()
      .waitFor();
    await page.keyboard.press('e');
    await page.getByRole('row', { name: /gpt-5/ }).first().click();
    await page.getByRole('complementary', { name: 'The selected span' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('compares two traces that are chosen in the list', async () => {
    const { page, problems } = await stage.newPage();
    await page.goto(stage.url);
    const boxes = page.getByRole('checkbox');
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('link', { name: 'Compare the two traces' }).click();
    await page.waitForURL(/\/compare\?left=[0-9a-f]{32}&right=[0-9a-f]{32}/);
    await page.getByRole('treegrid').waitFor();
    await page.goto(stage.url + paths().compare!);
    await page
      .getByRole('row', { name: /reviewer.*added/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Swap' }).click();
    await page
      .getByRole('row', { name: /reviewer.*removed/ })
      .first()
      .waitFor();
    const all = await page.getByRole('treegrid').getAttribute('aria-rowcount');
    await page.goto(`${stage.url}/compare?left=${ids.small}&right=${ids.small}`);
    await page.getByText('0 changed').waitFor();
    await page.getByRole('button', { name: 'Only differences' }).click();
    expect(await page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('1');
    expect(Number(all)).toBeGreaterThan(5);
    expect(problems).toEqual([]);
  });

  it('can be gone through from the first page to an operation by keys alone', async () => {
    const { page } = await stage.newPage();
    await page.goto(stage.url);
    await page.getByRole('heading', { name: '2 traces' }).waitFor();
    const link = page.locator('.trace-link').first();
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (await link.evaluate((element) => element === document.activeElement)) break;
    }
    await page.keyboard.press('Enter');
    await untilComplete(page);
    const grid = page.getByRole('treegrid');
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (await grid.evaluate((element) => element === document.activeElement)) break;
    }
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'The selected span' }).waitFor();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' });
    expect(await keys.innerText()).toMatch(/zoom in[^]*next error/);
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('heading', { name: 'Traces' }).waitFor();
  });

  it.each(['light', 'dark'] as const)(
    'has nothing that axe finds, in %s colours',
    async (colorScheme) => {
      const { page } = await stage.newPage({ colorScheme });
      for (const [name, path] of Object.entries(paths())) {
        await page.goto(stage.url + path);
        await page.locator('.results, .treegrid-body .treegrid-row').first().waitFor();
        if (name === 'timeline') {
          await page
            .getByRole('row', { name: /planner/ })
            .first()
            .click();
          await page.getByRole('complementary').getByText('otel.status_code').waitFor();
        }
        expect({ name, findings: await axeFindings(page) }).toEqual({ name, findings: [] });
      }
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page)).toEqual([]);
    },
    60_000,
  );

  it('keeps the colours that are chosen', async () => {
    const { page } = await stage.newPage();
    await page.goto(stage.url);
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).color);
    const light = await ground();
    await page.getByRole('button', { name: /Colours/ }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    expect(await ground()).not.toBe(light);
  });

  it('fits a phone: nothing is wider than the page, and axe finds nothing', async () => {
    const { page } = await stage.newPage({ viewport: { width: 375, height: 720 }, hasTouch: true });
    for (const [name, path] of Object.entries(paths())) {
      await page.goto(stage.url + path);
      await page.locator('.results, .treegrid-body .treegrid-row').first().waitFor();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect({ name, width }).toEqual({ name, width: 375 });
      expect({ name, findings: await axeFindings(page) }).toEqual({ name, findings: [] });
    }
  }, 120_000);
});
