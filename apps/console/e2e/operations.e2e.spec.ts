import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { axeFindings } from './testing/axe.js';
import { describeChromium } from './testing/chromium.js';
import { openStage } from './testing/stage.js';
import type { Stage } from './testing/stage.js';

describeChromium('the operating side of the console', () => {
  let stage: Stage;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaizen-operations-'));
    stage = await openStage({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '3' });
  }, 90_000);
  afterEach(() => stage.closePages());
  afterAll(async () => {
    await stage.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const publish = async (...events: readonly object[]): Promise<void> => {
    const answer = await fetch(`${stage.gateway}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    if (answer.status !== 202) throw new Error(`publishing was answered ${answer.status}`);
  };

  /** Bytes that are no event, past the gateway, as another producer would write them. */
  const poison = async (key: string): Promise<void> => {
    const reading = readSettings(defineSettings({ log: logSettings }), {
      KAIZEN_DATA_DIR: folder,
      KAIZEN_PARTITIONS: '3',
    });
    if (reading.type === 'refused') throw new Error('wrong settings');
    const log = await openLog(reading.settings.log);
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const headers = [['authorization', bytes('Bearer not-to-be-shown')]] as const;
    await log.events.append([{ key: bytes(key), value: bytes('{"poison":true}'), headers }]);
    await log.close();
  };

  const both = (name: string) => {
    const shared = { trace_id: `trace-${name}`, agent_id: name, call_id: name, data: { tool_name: name } };
    return {
      pre: { ...shared, event_type: 'pre_tool_use' },
      post: { ...shared, event_type: 'post_tool_use' },
    };
  };

  it('shows an operation before any span of it exists, with an age that goes on, until it has ended', async () => {
    const { page, problems } = await stage.newPage();
    await page.goto(`${stage.url}/running`);
    await page.getByRole('heading', { name: 'Nothing runs now' }).waitFor();
    const { pre, post } = both('search-web');
    await publish(pre);
    const trace = page.getByRole('region', { name: 'Trace trace-search-web' });
    await trace.waitFor();
    const services = await fetch(`${stage.url}/api/services`);
    expect(((await services.json()) as { readonly data: readonly string[] | null }).data ?? []).toEqual([]);
    const age = async (): Promise<number> =>
      Number.parseFloat((await trace.locator('time').innerText()).trim());
    await page.waitForFunction(() => /^[2-9] s$/.test(document.querySelector('.age')?.textContent ?? ''));
    const before = await age();
    await page.waitForTimeout(2_100);
    expect(await age()).toBeGreaterThan(before);
    expect(await axeFindings(page)).toEqual([]);
    await publish(post);
    await page.getByRole('heading', { name: 'Nothing runs now' }).waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  it('filters what runs, holds it while it is paused, and marks what has run beyond an age', async () => {
    const { page } = await stage.newPage();
    const [one, other] = [both('one'), both('other')];
    await publish(one.pre, other.pre);
    await page.goto(`${stage.url}/running?mark=1`);
    await page.getByRole('region', { name: 'Trace trace-other' }).waitFor();
    await page.locator('.age-long').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('one');
    await page.getByRole('region', { name: 'Trace trace-other' }).waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('agent')).toBe('one');
    await page.getByRole('button', { name: 'Pause' }).click();
    await publish(one.post, other.post);
    await page.waitForTimeout(2_500);
    await page.getByRole('region', { name: 'Trace trace-one' }).waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Nothing that runs now fits these filters' }).waitFor();
  }, 60_000);

  it('shows the pipeline with totals that add up, and lets go of its line when it is left', async () => {
    const { page, problems } = await stage.newPage();
    await page.goto(`${stage.url}/pipeline`);
    const { pre, post } = both('counted');
    await publish(pre, post);
    await page.getByText('adds up').waitFor();
    await page.getByRole('table', { name: 'Partitions of the event log' }).waitFor();
    expect(
      await page.getByRole('table', { name: 'Partitions of the event log' }).getByText('running').count(),
    ).toBe(3);
    await page.getByRole('table', { name: 'Exporters' }).getByText('takes spans').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByRole('heading', { name: 'Running now' }).waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  it('shows a poison record, hides what its headers call secret, and brings it back by its button', async () => {
    const { page, problems } = await stage.newPage();
    await poison('poisoned');
    await page.goto(`${stage.url}/dead-letters`);
    const look = page.getByRole('button', { name: 'Look again' });
    const row = page.getByRole('row', { name: /poisoned/ });
    for (let tries = 0; tries < 20 && (await row.count()) === 0; tries += 1) {
      await look.click();
      await page.waitForTimeout(300);
    }
    expect(await axeFindings(page)).toEqual([]);
    await row.getByRole('link').click();
    await page.getByText('"poison": true').waitFor();
    await page.getByRole('button', { name: 'Bytes', exact: true }).click();
    await page.getByText('7b 22 70 6f').waitFor();
    expect(await page.content()).not.toContain('not-to-be-shown');
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByRole('button', { name: 'Bring back 1 letter' }).click();
    await page.getByText('1 letter came back.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Brought back', { exact: true }).waitFor();
    // It is poison still: the new letter says where it was.
    await page.goto(`${stage.url}/dead-letters`);
    await page
      .getByRole('row', { name: /poisoned/ })
      .getByRole('link')
      .click();
    await page.getByText('brought back, and died again').waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  it('begins a dry run, and shows how it goes and what came of it', async () => {
    const { page, problems } = await stage.newPage();
    const open = both('left-open');
    await publish(open.pre);
    await page.goto(`${stage.url}/replay`);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.waitForURL(/\/replay\/[0-9a-f]{8}$/);
    await page.getByText(/Done in .* spans? would be sent/).waitFor();
    expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow')).toBe(
      '100',
    );
    await page
      .getByRole('table', { name: 'Operations that are still open' })
      .getByText('left-open')
      .first()
      .waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'All replays' }).click();
    await page.getByRole('row', { name: /done/ }).first().waitFor();
    await publish(open.post);
    expect(problems).toEqual([]);
  }, 60_000);

  it.each(['dark', 'light'] as const)(
    'fits a phone in the %s scheme, without findings',
    async (colorScheme) => {
      const { page } = await stage.newPage({ colorScheme, viewport: { width: 390, height: 800 } });
      for (const path of ['/running', '/pipeline', '/dead-letters?redriven=all', '/replay']) {
        await page.goto(stage.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForTimeout(1_200);
        expect([path, await axeFindings(page)]).toEqual([path, []]);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        expect([path, wide]).toEqual([path, false]);
      }
    },
    60_000,
  );

  it('says since when it is stale while the pipeline is away, and goes on when it is back', async () => {
    const { page } = await stage.newPage();
    await page.goto(`${stage.url}/pipeline`);
    await page.getByText('Live', { exact: true }).waitFor();
    await stage.stopPipeline();
    await page.getByText(/^Stale: last heard/).waitFor();
    await page.getByText('adds up').waitFor();
    await stage.startPipeline();
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 40_000 });
  }, 90_000);
});
