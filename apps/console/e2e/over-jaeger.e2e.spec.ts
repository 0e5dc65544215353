import { openLog } from '@kaizen-trace/adapters';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { describeReal, freePorts } from '@kaizen-trace/testkit';
import { axeFindings } from './testing/axe.js';
import { describeChromium } from './testing/chromium.js';
import { publish } from './testing/large-trace.js';
import { openScaledStage, type ScaledStage } from './testing/scaled-stage.js';
import { otelIdOf, publishTrace, untilComplete, untilSpans } from './testing/traces.js';

await describeReal('the console as a service of its own', ['kafka', 'jaeger'], (real) => {
  describeChromium('over a real Jaeger and a gateway on Kafka', () => {
    let stage: ScaledStage;
    const service = `over-jaeger-${String(process.pid)}`;
    const ids: string[] = [];

    beforeAll(async () => {
      stage = await openScaledStage(real);
      for (const [index, operations] of [60, 120, 700].entries())
        ids.push(await publishTrace(stage, { traceId: `${service}-${String(index)}`, operations, service }));
    }, 180_000);
    afterEach(() => stage.closePages());
    afterAll(() => stage.end(), 60_000);

    const event = (name: string, event_type: string, more: object = {}) => ({
      trace_id: `${service}-${name}`,
      agent_id: name,
      service_name: service,
      event_type,
      timestamp: Date.now() / 1_000,
      data: {},
      ...more,
    });

    it('finds traces by service, operation, agent, tags, duration and how many', async () => {
      const { page, problems } = await stage.newPage();
      await page.goto(stage.url);
      await page.getByRole('combobox', { name: /^Service/ }).selectOption(service);
      await page.getByRole('button', { name: 'Find traces' }).click();
      await page.getByRole('heading', { name: '3 traces' }).waitFor();
      await page.getByRole('combobox', { name: /^Operation/ }).selectOption('post_agent_loop');
      await page.getByRole('textbox', { name: 'Agent' }).fill('lead');
      await page.getByRole('textbox', { name: 'Tags' }).fill('event_type=post_agent_loop');
      await page.getByRole('textbox', { name: 'At least' }).fill('1s');
      await page.getByRole('spinbutton', { name: 'Most' }).fill('2');
      await page.getByRole('button', { name: 'Find traces' }).click();
      await page.getByRole('heading', { name: '2 traces' }).waitFor();
      const again = await stage.newPage();
      await again.page.goto(page.url());
      await again.page.getByRole('heading', { name: '2 traces' }).waitFor();
      const row = again.page.getByRole('row').nth(1);
      expect(await row.innerText()).toMatch(new RegExp(`agent loop.*lead[^]*${service}`));
      expect(await axeFindings(page)).toEqual([]);
      expect([...problems, ...again.problems]).toEqual([]);
    }, 60_000);

    it('shows a trace over time and by agent, with attributes, a failure and its exception', async () => {
      const { page, problems } = await stage.newPage();
      const [, , large = ''] = ids;
      await page.goto(`${stage.url}/trace/${large}`);
      await untilComplete(page);
      expect(await page.locator('.trace-facts').innerText()).toContain('700 operations, 1,400 spans');
      expect(await page.locator('.trace-facts').innerText()).toContain(service);
      expect(await page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('701');
      await page
        .getByRole('row', { name: /planner/ })
        .first()
        .click();
      const detail = page.getByRole('complementary', { name: 'The selected span' });
      await detail.getByText('otel.status_code').waitFor();
      await page.getByRole('treegrid').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('x');
      await page.keyboard.press('Enter');
      await detail
        .getByText(/tests failed/)
        .first()
        .waitFor();
      expect(await detail.innerText()).toContain('TestsFailed');
      await page.getByRole('link', { name: 'Agents' }).click();
      await page
        .getByRole('row', { name: /reviewer/ })
        .first()
        .waitFor();
      expect(await page.getByRole('row', { name: /lead/ }).first().getAttribute('aria-level')).toBe('1');
      expect(await axeFindings(page)).toEqual([]);
      expect(problems).toEqual([]);
    }, 60_000);

    it('compares two traces', async () => {
      const { page, problems } = await stage.newPage();
      const [left = '', right = ''] = ids;
      await page.goto(`${stage.url}/compare?left=${left}&right=${right}`);
      await page.getByRole('treegrid').waitFor();
      expect(await page.locator('main').innerText()).toMatch(/added/);
      await page.goto(`${stage.url}/compare?left=${left}&right=${left}`);
      await page.getByText('0 changed').waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    it('shows what an odd trace has: a skewed clock, an orphan, numbers beyond 2^53, text of any script', async () => {
      const now = Date.now() / 1_000;
      await publish(
        stage.gateway,
        [
          event('odd', 'pre_agent_loop', { timestamp: now - 60, data: { note: 'größer → 日本 "quoted"' } }),
          event('odd', 'pre_tool_use', {
            timestamp: now - 10,
            call_id: 'c',
            data: { tool_name: 'skewed', big: 2 ** 60, list: ['a', 'b'] },
          }),
          event('odd', 'post_tool_use', { timestamp: now - 30, call_id: 'c', data: { tool_name: 'skewed' } }),
          event('odd', 'post_memory_read', {
            timestamp: now - 20,
            data: {},
            result: { success: false, error: 'no memory' },
          }),
          event('odd', 'post_agent_loop', { timestamp: now, result: { success: true } }),
        ],
        stage.key,
      );
      const id = otelIdOf(`${service}-odd`);
      await untilSpans(stage, id, 5);
      const { page, problems } = await stage.newPage();
      await page.goto(`${stage.url}/trace/${id}`);
      await untilComplete(page);
      expect(
        await page
          .getByRole('row', { name: /memory/ })
          .first()
          .innerText(),
      ).toMatch(/error[^]*orphan/);
      await page
        .getByRole('row', { name: /skewed/ })
        .first()
        .click();
      const detail = page.getByRole('complementary', { name: 'The selected span' });
      await detail.getByText('kaizen.clock_skew_ms').waitFor();
      expect(await detail.innerText()).toMatch(/1152921504606847000/);
      await page
        .getByRole('row', { name: /agent loop/ })
        .first()
        .click();
      await detail.getByText('größer → 日本 "quoted"').waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    it('says what a trace that Jaeger has not, or an id that is none, means', async () => {
      const { page } = await stage.newPage();
      await page.goto(`${stage.url}/trace/${'12'.repeat(16)}`);
      await page.getByRole('heading', { name: 'The trace could not be found' }).waitFor();
      await page.goto(`${stage.url}/trace/not-an-id`);
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toMatch(/id/i);
    });

    it('shows what runs now, with the key that it holds, before Jaeger has a span of it', async () => {
      const { page, problems } = await stage.newPage();
      await page.goto(`${stage.url}/running`);
      await publish(stage.gateway, [event('runs', 'pre_agent_loop')], stage.key);
      await page.getByRole('region', { name: `Trace ${service}-runs` }).waitFor();
      expect((await fetch(`${stage.url}/api/traces/${otelIdOf(`${service}-runs`)}`)).status).toBe(404);
      await publish(stage.gateway, [event('runs', 'post_agent_loop')], stage.key);
      await page.getByRole('heading', { name: 'Nothing runs now' }).waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    it('shows the pipeline, dead letters with a button that brings them back, and begins a dry run', async () => {
      const reading = readSettings(defineSettings({ log: logSettings }), stage.log);
      if (reading.type === 'refused') throw new Error('wrong settings');
      const log = await openLog(reading.settings.log);
      const value = new TextEncoder().encode('{"poison":true}');
      await log.events.append([{ key: new TextEncoder().encode('poisoned'), value, headers: [] }]);
      await log.close();
      const { page, problems } = await stage.newPage();
      await page.goto(`${stage.url}/pipeline`);
      await page.getByText('adds up').waitFor();
      await page.getByRole('table', { name: 'Exporters' }).getByText('takes spans').waitFor();
      await page.goto(`${stage.url}/dead-letters`);
      const row = page.getByRole('row', { name: /poisoned/ });
      for (let tries = 0; tries < 20 && (await row.count()) === 0; tries += 1) {
        await page.getByRole('button', { name: 'Look again' }).click();
        await page.waitForTimeout(300);
      }
      await row.getByRole('link').click();
      await page.getByRole('button', { name: 'Bring it back' }).click();
      await page.getByRole('button', { name: 'Bring back 1 letter' }).click();
      await page.getByText('1 letter came back.').waitFor();
      await page.goto(`${stage.url}/replay`);
      await page.getByRole('button', { name: 'Begin' }).click();
      await page.getByText(/Done in .* spans? would be sent/).waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    it('says what to do while Jaeger is away, and shows what runs all the same', async () => {
      const [nobody = 0] = await freePorts(1);
      const url = await stage.startConsole({ JAEGER_QUERY_URL: `http://127.0.0.1:${String(nobody)}` });
      const { page } = await stage.newPage();
      await page.goto(url);
      await page.getByRole('heading', { name: /cannot be reached/ }).waitFor();
      expect(await page.locator('main').innerText()).toContain('JAEGER_QUERY_URL');
      await page.goto(`${url}/trace/${ids[0] ?? ''}`);
      await page.getByRole('heading', { name: 'The trace cannot be reached' }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.goto(`${url}/pipeline`);
      await page.getByText('adds up').waitFor();
    }, 60_000);

    it('says what to do while the gateway is away, and shows traces all the same', async () => {
      const [nobody = 0] = await freePorts(1);
      const url = await stage.startConsole({ KAIZEN_GATEWAY_URL: `http://127.0.0.1:${String(nobody)}` });
      const { page } = await stage.newPage();
      await page.goto(`${url}/pipeline`);
      await page.getByRole('alert').waitFor();
      expect(await page.locator('main').innerText()).toContain('KAIZEN_GATEWAY_URL');
      await page.goto(`${url}/trace/${ids[0] ?? ''}`);
      await untilComplete(page);
    }, 60_000);
  });
});
