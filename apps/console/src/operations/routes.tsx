import type { ReactNode } from 'react';
import './operations.css';
import type { Place } from '../shared/location.js';
import type { Page } from '../shared/page.js';
import { LetterDetail } from './dead-letters/letter-detail.js';
import { LettersPage } from './dead-letters/letters-page.js';
import { PipelinePage } from './pipeline/pipeline-page.js';
import { ReplayDetail } from './replay/replay-detail.js';
import { ReplayPage } from './replay/replay-page.js';
import { RunningPage } from './running/running-page.js';

/** What stands behind a page's own path; undefined where nothing does. */
const below = ({ path }: Place, page: string): string | undefined =>
  path.startsWith(`${page}/`) && path.length > page.length + 1 ? path.slice(page.length + 1) : undefined;

const letters = (place: Place): ReactNode => {
  const id = below(place, '/dead-letters');
  return id === undefined ? <LettersPage place={place} /> : <LetterDetail key={id} id={id} />;
};

const replays = (place: Place): ReactNode => {
  const id = below(place, '/replay');
  return id === undefined ? <ReplayPage place={place} /> : <ReplayDetail key={id} id={id} />;
};

/** The pages that need the operating API. */
export const operationsPages: readonly Page[] = [
  { path: '/running', title: 'Running', goKey: 'r', render: (place) => <RunningPage place={place} /> },
  { path: '/pipeline', title: 'Pipeline', goKey: 'p', render: () => <PipelinePage /> },
  { path: '/dead-letters', title: 'Dead letters', goKey: 'd', render: letters },
  { path: '/replay', title: 'Replay', goKey: 'y', render: replays },
];
