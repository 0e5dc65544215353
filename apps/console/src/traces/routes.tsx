import type { Place } from '../shared/location.js';
import type { Page } from '../shared/page.js';
import { Empty } from '../shared/states.js';

const search: Page = {
  path: '/',
  title: 'Traces',
  goKey: 't',
  render: () => <Empty title="Traces" />,
};

const trace: Page = {
  path: '/trace',
  title: 'Trace',
  goKey: '',
  render: (place: Place) => <Empty title={place.path} />,
};

const compare: Page = {
  path: '/compare',
  title: 'Compare',
  goKey: 'c',
  render: () => <Empty title="Compare" />,
};

/** The pages of traces; those with a key are in the navigation. */
export const tracesPages: readonly Page[] = [search, trace, compare];
