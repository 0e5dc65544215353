import { chromium } from 'playwright-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath } from './chromium.js';

/** A browser that looks at one console. */
export interface WatchingBrowser {
  /** A page of its own, with what went wrong in it: errors, refused loads, requests to other hosts. */
  newPage(
    options?: BrowserContextOptions,
  ): Promise<{ readonly page: Page; readonly problems: readonly string[] }>;
  /** Closes all pages, which would go on asking and painting otherwise. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const watch = (page: Page, url: string): readonly string[] => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A failed fetch is told by the browser, too; the page shows it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) problems.push(`asked ${request.url()}`);
  });
  return problems;
};

/** Starts a browser for the console at `url`, which has no slash at its end. */
export const openBrowser = async (url: string): Promise<WatchingBrowser> => {
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: quiet });
  return {
    newPage: async (options = {}) => {
      const viewport = { width: 1280, height: 800 };
      const context = await browser.newContext({ viewport, colorScheme: 'light', ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      return { page, problems: watch(page, url) };
    },
    closePages: async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    close: () => browser.close(),
  };
};
