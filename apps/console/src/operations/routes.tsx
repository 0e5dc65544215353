import type { Page } from '../shared/page.js';
import { Empty } from '../shared/states.js';

/** The pages that need the operating API. */
export const operationsPages: readonly Page[] = [
  { path: '/running', title: 'Running', goKey: 'r', render: () => <Empty title="Running" /> },
  { path: '/pipeline', title: 'Pipeline', goKey: 'p', render: () => <Empty title="Pipeline" /> },
  { path: '/dead-letters', title: 'Dead letters', goKey: 'd', render: () => <Empty title="Dead letters" /> },
  { path: '/replay', title: 'Replay', goKey: 'y', render: () => <Empty title="Replay" /> },
];
