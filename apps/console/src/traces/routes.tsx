import type { Page } from '../shared/page.js';
import './traces.css';
import { ComparePage } from './compare/compare-page.js';
import { SearchPage } from './search/search-page.js';
import { TracePage } from './trace-page.js';

/** The pages of traces; those with a key are in the navigation. */
export const tracesPages: readonly Page[] = [
  { path: '/', title: 'Traces', goKey: 't', render: (place) => <SearchPage place={place} /> },
  {
    path: '/trace',
    title: 'Trace',
    goKey: '',
    // Another trace is another page, with its own state.
    render: (place) => <TracePage key={place.path} place={place} />,
  },
  { path: '/compare', title: 'Compare', goKey: 'c', render: (place) => <ComparePage place={place} /> },
];
