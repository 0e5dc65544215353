import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { axeFindings } from './testing/axe.js';
import { describeChromium } from './testing/chromium.js';
import { publish } from './testing/large-trace.js';
import { openStage } from './testing/stage.js';
import type { Stage } from './testing/stage.js';
import { otelIdOf, publishTrace, untilSpans } from './testing/traces.js';

describeChromium('finding traces', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage({ KAIZEN_REORDER_GRACE: '1s' });
  }, 60_000);
  afterAll(() => stage.end());

  it('says how to publish while there are no services, and has nothing that axe finds', async () => {
    const { page, problems } = await stage.newPage();
    await page.goto(stage.url);
    await page.getByRole('heading', { name: 'No traces yet' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('kaizen-trace simulate');
    expect(await axeFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('finds what the form asks for, under an address that finds it again', async () => {
    for (let index = 0; index < 5; index++)
      await publishTrace(stage, { traceId: `search-${String(index)}`, operations: 60 });
    const failing = await publishTrace(stage, { traceId: 'search-other', operations: 300, service: 'other' });
    const { page, problems } = await stage.newPage();
    await page.goto(stage.url);
    await page.getByRole('heading', { name: '6 traces' }).waitFor();
    await page.getByRole('combobox', { name: /^Service/ }).selectOption('other');
    await page.getByRole('textbox', { name: 'Agent' }).fill('lead');
    await page.getByRole('textbox', { name: 'Tags' }).fill('goal="migrate the repository"');
    await page.getByRole('textbox', { name: 'Took at least' }).fill('1s');
    await page.getByRole('button', { name: 'Find traces' }).click();
    await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
    const address = page.url();
    expect(address).toContain('service=other');

    const again = await stage.newPage();
    await again.page.goto(address);
    await again.page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
    expect(await again.page.getByRole('textbox', { name: 'Agent' }).inputValue()).toBe('lead');
    const row = again.page.getByRole('row').nth(1);
    expect(await row.innerText()).toMatch(/agent loop.*lead[^]*other[^]*600/);
    await row.getByRole('link').click();
    await again.page.waitForURL(`**/trace/${failing}**`);
    expect([...problems, ...again.problems]).toEqual([]);
  }, 60_000);

  it('says what is wrong with a field beside it, and asks for nothing', async () => {
    const { page } = await stage.newPage();
    await page.goto(stage.url);
    await page.getByRole('textbox', { name: 'Tags' }).fill('two words');
    expect(await page.locator('.field-tags .field-error').innerText()).toContain('key=value');
    await page.getByRole('button', { name: 'Find traces' }).click();
    expect(new URL(page.url()).search).toBe('');
  });

  it('says what to do where nothing matches', async () => {
    const { page } = await stage.newPage();
    await page.goto(`${stage.url}/?service=other&agent=nobody`);
    await page.getByRole('heading', { name: 'No trace matches' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('Look further back');
    await page.getByRole('link', { name: 'at any time' }).click();
    await page.waitForURL((url) => url.searchParams.get('lookback') === 'all');
    expect(new URL(page.url()).searchParams.get('agent')).toBe('nobody');
  });

  it('opens a trace whose id is pasted', async () => {
    const { page } = await stage.newPage({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(stage.url);
    const id = otelIdOf('search-0');
    await page.getByLabel('Trace id').fill('not an id');
    await page.getByRole('button', { name: 'Open' }).click();
    expect(await page.locator('.open-by-id').innerText()).toContain('32 hex digits');
    await page.getByLabel('Trace id').fill(`  ${id.toUpperCase()} `);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/trace/${id}**`);
    await page.getByRole('treegrid').waitFor();
  });

  it('marks orphans, and gives each failure its badge', async () => {
    const shared = { trace_id: 'orphaned', agent_id: 'lost', service_name: 'other' };
    const now = Date.now() / 1_000;
    await publish(stage.gateway, [
      { ...shared, event_type: 'pre_agent_loop', timestamp: now - 2, data: {} },
      {
        ...shared,
        event_type: 'post_tool_use',
        timestamp: now - 1,
        data: { tool_name: 'lost_tool' },
        result: { success: false, error: 'gone' },
      },
      { ...shared, event_type: 'post_agent_loop', timestamp: now, data: {}, result: { success: true } },
    ]);
    await untilSpans(stage, otelIdOf('orphaned'), 3);
    const { page } = await stage.newPage();
    await page.goto(`${stage.url}/trace/${otelIdOf('orphaned')}`);
    const row = page.getByRole('row', { name: /lost_tool/ });
    expect(await row.innerText()).toMatch(/error[^]*orphan/);
  });

  it('offers to try again while the backend is away, and goes on when it is back', async () => {
    const { page } = await stage.newPage();
    await page.goto(stage.url);
    await page.getByRole('heading', { name: /\d+ traces/ }).waitFor();
    await stage.stopPipeline();
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByRole('heading', { name: 'The traces cannot be reached' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await stage.startPipeline();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: /\d+ traces/ }).waitFor();
  }, 60_000);

  it('says what a trace that is not there means', async () => {
    const { page } = await stage.newPage();
    await page.goto(`${stage.url}/trace/${'12'.repeat(16)}`);
    await page.getByRole('heading', { name: 'The trace could not be found' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('Running');
    expect(await axeFindings(page)).toEqual([]);
  });
});
