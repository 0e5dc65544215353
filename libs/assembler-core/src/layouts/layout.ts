import type { SpanRecord } from '@kaizen-trace/contracts';
import { unreachable } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '../settings.js';
import { abandonedAsEvents, orphanAsEvents, pairAsEvents } from './events.js';
import { abandonedAsOperation, orphanAsOperation, pairAsOperation } from './operations.js';
import type { Abandoned, Orphan, Pair } from './span.js';

/** How what happened becomes spans. */
interface Layout {
  readonly pair: (pair: Pair) => readonly SpanRecord[];
  readonly abandoned: (abandoned: Abandoned) => SpanRecord;
  readonly orphan: (orphan: Orphan) => SpanRecord;
}

const events: Layout = { pair: pairAsEvents, abandoned: abandonedAsEvents, orphan: orphanAsEvents };

const operations: Layout = {
  pair: (pair) => [pairAsOperation(pair)],
  abandoned: abandonedAsOperation,
  orphan: orphanAsOperation,
};

/** The layout that the settings name. */
export const layoutOf = ({ layout }: Pick<AssemblySettings, 'layout'>): Layout => {
  switch (layout) {
    case 'events':
      return events;
    case 'operations':
      return operations;
    default:
      return unreachable(layout);
  }
};
