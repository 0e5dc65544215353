import { operationsPages } from '../operations/routes.js';
import type { Page } from '../shared/page.js';
import { tracesPages } from '../traces/routes.js';

/** All pages; the first is where everything else leads. */
export const pages: readonly Page[] = [...tracesPages, ...operationsPages];

const isUnder = (path: string, page: Page): boolean => path === page.path || path.startsWith(`${page.path}/`);

/** The page of a path; none where no page has it. */
export const pageOf = (path: string): Page | undefined =>
  pages.find((page) => (page.path === '/' ? path === '/' || path === '/search' : isUnder(path, page)));
