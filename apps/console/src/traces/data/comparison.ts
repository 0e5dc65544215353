import { hasFlag, kindAt, nameAt } from './columns.js';
import type { TraceColumns } from './columns.js';
import { repeated } from './flags.js';
import { operationKind, titleOf } from './kinds.js';
import type { Kind } from './kinds.js';
import { countRow, noTally } from './tally.js';
import type { Tally } from './tally.js';

/** How operations at one place of two traces relate. */
export type Difference = 'added' | 'removed' | 'changed' | 'same';

/** Operations of one name below the same names, in both traces. */
export interface ComparedNode {
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  readonly left: Tally;
  readonly right: Tally;
  readonly difference: Difference;
  /** Whether it, or anything below it, is not the same. */
  readonly differsWithin: boolean;
  readonly children: readonly ComparedNode[];
}

interface Draft {
  readonly name: string;
  readonly kind: Kind;
  readonly left: Tally;
  readonly right: Tally;
  readonly children: Map<string, Draft>;
}

const childOf = (parent: Draft, name: string, kind: Kind): Draft => {
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const child: Draft = { name, kind, left: noTally(), right: noTally(), children: new Map() };
  parent.children.set(name, child);
  return child;
};

const addTrace = (top: Draft, columns: TraceColumns, side: 'left' | 'right'): void => {
  const drafts: Draft[] = [];
  for (let row = 0; row < columns.count; row++) {
    const above = columns.parent[row]!;
    const around = above < 0 ? top : drafts[above]!;
    if (hasFlag(columns, row, repeated)) {
      drafts.push(around);
      continue;
    }
    const draft = childOf(around, operationKind(nameAt(columns, row)), kindAt(columns, row));
    countRow(draft[side], columns, row);
    drafts.push(draft);
  }
};

/** Times differ where they do by a tenth, and by a millisecond. */
const timesDiffer = (left: number, right: number): boolean =>
  Math.abs(left - right) > Math.max(1_000, 0.1 * Math.max(left, right));

const differenceOf = ({ left, right }: Draft): Difference => {
  if (left.count === 0) return 'added';
  if (right.count === 0) return 'removed';
  const isSame =
    left.count === right.count &&
    left.errors === right.errors &&
    left.abandoned === right.abandoned &&
    left.running === right.running &&
    !timesDiffer(left.time, right.time);
  return isSame ? 'same' : 'changed';
};

const finished = (draft: Draft): ComparedNode => {
  const children = [...draft.children.values()].map(finished);
  const difference = differenceOf(draft);
  const differsWithin = difference !== 'same' || children.some((child) => child.differsWithin);
  return { ...draft, title: titleOf(draft.name), difference, differsWithin, children };
};

/**
 * Lays two traces on each other by the names from the root down: what is called the same below the same names is one
 * node, however often it happened.
 */
export const compareTraces = (left: TraceColumns, right: TraceColumns): readonly ComparedNode[] => {
  const top: Draft = {
    name: '',
    kind: 'other',
    left: noTally(),
    right: noTally(),
    children: new Map(),
  };
  addTrace(top, left, 'left');
  addTrace(top, right, 'right');
  return finished(top).children;
};

/** A node as it is shown. */
export interface ComparedRow {
  readonly key: string;
  readonly level: number;
  readonly hasChildren: boolean;
  readonly node: ComparedNode;
}

/** Which nodes are wanted. */
export interface ComparedChoice {
  readonly collapsed: ReadonlySet<string>;
  readonly onlyDifferences: boolean;
}

/** The rows of a comparison. */
export const comparedRows = (
  nodes: readonly ComparedNode[],
  choice: ComparedChoice,
  { level = 1, path = '' } = {},
): readonly ComparedRow[] =>
  nodes
    .filter(({ differsWithin }) => differsWithin || !choice.onlyDifferences)
    .flatMap((node) => {
      const key = `${path}/${node.name}`;
      const children = choice.collapsed.has(key)
        ? []
        : comparedRows(node.children, choice, { level: level + 1, path: key });
      return [{ key, level, hasChildren: node.children.length > 0, node }, ...children];
    });

/** How many nodes have each difference. */
export const differenceCounts = (nodes: readonly ComparedNode[]): Record<Difference, number> => {
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  for (const { difference, children } of nodes) {
    counts[difference]++;
    const below = differenceCounts(children);
    for (const each of ['added', 'removed', 'changed', 'same'] as const) counts[each] += below[each];
  }
  return counts;
};
