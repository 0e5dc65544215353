import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] };

/** What axe finds against WCAG 2.1 AA and its own good practices, a line each; empty where there is nothing. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  // The page is there before the console is, which is loaded after it.
  await page.getByRole('main').waitFor();
  // By the debugger, which the page's policy does not concern.
  await page.evaluate(await source);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(rules)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
};
