import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const guide = readFileSync(new URL('../../../docs/guides/frameworks.md', import.meta.url), 'utf8');
const { dependencies } = JSON.parse(
  readFileSync(new URL('../frameworks/package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> };

/** What the recorders need besides the frameworks themselves. */
const besides = ['@modelcontextprotocol/client', 'openai', 'zod'];

describe('the guide to frameworks', () => {
  it.each(Object.entries(dependencies).filter(([name]) => !besides.includes(name)))(
    'names the version of %s that is tried: %s',
    (name, version) => {
      const row = guide.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      expect(row?.split('|').map((cell) => cell.trim())).toContain(version);
    },
  );
});
