import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Fields } from '@kaizen-trace/contracts';
import { fold, treeOf } from './testing/folded-tree.js';
import type { Recording, Told } from './testing/frameworks.js';
import { describeFrameworks, record } from './testing/frameworks.js';
import type { SettledEvent } from './testing/settled.js';
import { settled } from './testing/settled.js';

const recordings: readonly Recording[] = [
  { recorder: 'openai-agents', subpath: 'openai-agents' },
  { recorder: 'langchain', subpath: 'langchain' },
  { recorder: 'vercel-ai', subpath: 'vercel-ai' },
  { recorder: 'vercel-ai-channel', subpath: 'vercel-ai' },
];

const golden = (name: string): URL => new URL(`./golden/${name}`, import.meta.url);

/** The golden file's text; written anew where the recording is what is wanted: `WRITE_GOLDEN=1`. */
const expected = (name: string, actual: string): string => {
  if (process.env.WRITE_GOLDEN === '1') {
    mkdirSync(golden('.'), { recursive: true });
    writeFileSync(golden(name), actual);
  }
  return readFileSync(golden(name), 'utf8');
};

const ndjson = (events: readonly SettledEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

const dataOf = (event: Told): Fields => event.data as Fields;

const contentKeys = [
  'gen_ai.system_instructions',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'gen_ai.retrieval.query.text',
  'gen_ai.retrieval.documents',
  'content',
];

await describeFrameworks('a real framework with our adapter', (frameworks) => {
  describe.each(recordings)('$recorder', (recording) => {
    const { recorder } = recording;
    let told: readonly Told[] = [];
    let events: readonly SettledEvent[] = [];

    beforeAll(async () => {
      told = await record(frameworks, recording);
      events = settled(told);
    }, 700_000);

    it('tells the events of the golden file, in every run', () => {
      expect(told.length).toBeGreaterThan(20);
      expect(ndjson(events)).toBe(expected(`${recorder}.ndjson`, ndjson(events)));
    });

    it.each(['events', 'operations'] as const)('gives the golden tree in layout %s', (layout) => {
      const tree = treeOf(fold(events, layout).spans, layout === 'operations');
      expect(tree).toBe(expected(`${recorder}.${layout}.txt`, tree));
    });

    it('leaves nothing open, nothing unmatched and nothing without its parent', () => {
      const folded = fold(events, 'operations');
      expect([folded.open, folded.unmatched]).toEqual([0, 0]);
      expect(treeOf(folded.spans, false)).not.toContain('WITHOUT ITS PARENT');
    });

    it('tells times that a clock could have given', () => {
      const times = told.flatMap(({ timestamp }) =>
        timestamp === undefined ? [] : [new Date(timestamp as string)],
      );
      const now = Date.now();
      for (const time of times) expect(Math.abs(now - time.getTime())).toBeLessThan(60_000);
    });

    it('holds no content unless asked for it', () => {
      const keys = new Set(told.flatMap((event) => Object.keys(dataOf(event))));
      expect(contentKeys.filter((key) => keys.has(key))).toEqual([]);
      expect(JSON.stringify(told.map(dataOf))).not.toMatch(/found a|Find a and b|Write about/);
    });
  });

  describe.each(recordings)('$recorder, asked for content', (recording) => {
    it('tells the same events, with messages, arguments and results as JSON text', async () => {
      const told = await record(frameworks, { ...recording, content: true });
      const events = settled(told);
      const name = `${recording.recorder}.content.ndjson`;
      const withContent = events.filter(({ data }) => contentKeys.some((key) => key in (data as Fields)));
      expect(ndjson(withContent)).toBe(expected(name, ndjson(withContent)));
      const without = events.map(({ data, ...event }) => ({
        ...event,
        data: Object.fromEntries(
          Object.entries(data as Fields).filter(([key]) => !contentKeys.includes(key)),
        ),
      }));
      const plain = readFileSync(golden(`${recording.recorder}.ndjson`), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as SettledEvent);
      expect(without).toEqual(plain);
      for (const { data } of withContent)
        for (const [key, value] of Object.entries(data as Fields))
          if (key.endsWith('messages')) expect(Array.isArray(JSON.parse(value as string))).toBe(true);
    }, 120_000);
  });
});
