import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { nanos } from '@kaizen-trace/contracts';
import type { OtelTraceId, SpanId, SpanRecord } from '@kaizen-trace/contracts';
import { createOtlpClient, encodeSpans } from '@kaizen-trace/otlp';
import type { Page } from 'playwright-core';
import { axeFindings } from './testing/axe.js';
import { describeChromium } from './testing/chromium.js';
import { openStage } from './testing/stage.js';
import type { EmbeddedStage } from './testing/stage.js';

const traceId = 'abadcafe000000000000000000c0ffee';
const base = BigInt(Date.now() - 600_000) * 1_000_000n;
const at = (ms: number): SpanRecord['start'] => nanos(base + BigInt(Math.round(ms * 1e6)));
const root = '00000000000000ff';

const names = {
  long: 'execute_tool a-name-that-does-not-end-'.repeat(20),
  arabic: 'execute_tool بحث في الويب',
  markup: 'execute_tool <img src=x onerror=alert(1)><script>alert(2)</script>',
  override: 'execute_tool ‮evil',
  horse: 'execute_tool 🐎',
};

const span = (id: number, name: string, more: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: traceId as OtelTraceId,
  spanId: id.toString(16).padStart(16, '0') as SpanId,
  parentSpanId: root as SpanId,
  name,
  kind: 'internal',
  start: at(100 * id),
  end: at(100 * id + 50),
  serviceName: 'hard-cases',
  attributes: [['agent_id', 'lead']],
  droppedAttributes: 0,
  events: [],
  status: { code: 'unset' },
  ...more,
});

const eventOf = (index: number): SpanRecord['events'][number] => ({
  name: 'progress',
  time: at(1_000 + index),
  attributes: [['step', index]],
  droppedAttributes: 0,
});

const hardTrace = (): readonly SpanRecord[] => {
  const { parentSpanId, ...first } = span(0xff, 'invoke_agent lead', { start: at(0), end: at(60_000) });
  expect(parentSpanId).toBe(first.spanId);
  return [
    first,
    ...Object.values(names).map((name, index) => span(index + 1, name)),
    span(6, ''),
    span(7, 'execute_tool big', { attributes: [['payload', `${'x'.repeat(63_997)}end`]] }),
    span(8, 'execute_tool eventful', {
      events: Array.from({ length: 10_000 }, (_each, step) => eventOf(step)),
    }),
    span(9, 'execute_tool early', { start: at(-5_000), end: at(-4_000) }),
    span(10, 'execute_tool lost', { parentSpanId: 'ffffffffffffffff' as SpanId }),
    span(11, 'execute_tool open', { attributes: [['kaizen.progress', true]] }),
  ];
};

describeChromium('traces and addresses that are hard to show', () => {
  let stage: EmbeddedStage;
  let page: Page;
  let problems: readonly string[];
  let dialogs = 0;

  beforeAll(async () => {
    stage = await openStage();
    const client = createOtlpClient({ endpoint: stage.otlp, insecure: true });
    const outcome = await client.export(encodeSpans(hardTrace()));
    expect(outcome.type).toBe('accepted');
    client.close();
    ({ page, problems } = await stage.newPage());
    page.on('dialog', (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await page.goto(`${stage.url}/trace/${traceId}`);
    await page.locator('.treegrid-body .treegrid-row').first().waitFor();
  }, 90_000);
  afterAll(() => stage.end());

  const open = async (name: string): Promise<string> => {
    await page.locator('.treegrid-body .row-title', { hasText: name }).first().click();
    const detail = page.getByRole('complementary', { name: 'The selected span' });
    await detail.locator('h2', { hasText: name }).waitFor();
    return detail.innerText();
  };

  it('shows names as they are, whatever they are made of, and says where there is none', async () => {
    const shown = await page.locator('.treegrid-body .row-title').allInnerTexts();
    for (const name of [names.arabic, names.markup, names.override, names.horse])
      expect(shown).toContain(name);
    expect(shown).toContain('(no name)');
    await open(names.markup);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(dialogs).toBe(0);
  });

  it('keeps a name without end from hiding the rest of its span', async () => {
    await open('a-name-that-does-not-end');
    const detail = page.locator('.detail');
    const [heading, close, facts] = await Promise.all(
      ['h2', '[aria-label="Close the span"]', '.facts'].map((part) => detail.locator(part).boundingBox()),
    );
    expect(heading!.height).toBeLessThan(100);
    expect(close!.y).toBeLessThan(heading!.y + heading!.height);
    expect(facts!.y).toBeLessThan(heading!.y + 300);
    expect(await axeFindings(page)).toEqual([]);
  });

  it('lays out a long value and thousands of events only where they are asked for', async () => {
    expect((await open('execute_tool big')).length).toBeLessThan(4_000);
    await page.getByRole('button', { name: 'Show all 64,000 characters' }).click();
    expect(await page.locator('.detail').innerText()).toContain('xend');
    await open('execute_tool eventful');
    const more = page.getByRole('button', { name: 'Show 50 more of 10,000' });
    await more.waitFor();
    expect(await page.locator('.detail .events > li').count()).toBe(50);
    await more.click();
    expect(await page.locator('.detail .events > li').count()).toBe(100);
    expect(await axeFindings(page)).toEqual([]);
  });

  it('warns of a doubtful clock, and only says of a parent that is not there', async () => {
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
    expect(await row('execute_tool early').locator('.badge').allInnerTexts()).toEqual(['warning']);
    expect(await row('execute_tool open').locator('.badge').allInnerTexts()).toEqual(['running']);
    expect(await row('execute_tool lost').locator('.badge').count()).toBe(0);
    expect(await open('execute_tool lost')).toContain('not in the trace');
  });

  it('says what is wrong with an address, and where to go from there', async () => {
    await page.goto(`${stage.url}/trace/not-a-trace`);
    await page.getByRole('heading', { name: 'The trace cannot be shown' }).waitFor();
    await page.getByText('A trace id is up to 32 hex digits').waitFor();
    await page.goto(`${stage.url}/?service=hard-cases&limit=-5&min=abc&tags=%7B%7B`);
    await page.getByRole('heading', { name: 'The address asks for what cannot be searched' }).waitFor();
    const colours = await page
      .locator('.field-error')
      .evaluateAll((notes) => notes.map((note) => getComputedStyle(note).color));
    expect(new Set(colours)).toEqual(new Set(['rgb(179, 38, 30)']));
    expect(await axeFindings(page)).toEqual([]);
    await page.goto(`${stage.url}/trace/${traceId}?time=9-abc&span=zzz&order=nope&search=%00`);
    await page.locator('.treegrid-body .treegrid-row').first().waitFor();
    expect(problems).toEqual([]);
  });
});
