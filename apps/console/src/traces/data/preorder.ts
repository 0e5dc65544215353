/** Where each span stands when parents come before their children. */
export interface Preorder {
  /** The spans in that order. */
  readonly order: Int32Array;
  /** By row, the order's place: how many are above it. */
  readonly depth: Int32Array;
  /** By row: the row after its last descendant. */
  readonly end: Int32Array;
  /** By row: the parent's row; -1 where there is none. */
  readonly parent: Int32Array;
}

/** Children of each span, one list after the other; roots are the children of the last. */
interface Children {
  readonly at: Int32Array;
  readonly list: Int32Array;
}

const childrenOf = (parents: Int32Array, byStart: Int32Array): Children => {
  const count = parents.length;
  const slot = (span: number): number => (parents[span]! < 0 ? count : parents[span]!);
  const at = new Int32Array(count + 2);
  for (let span = 0; span < count; span++) at[slot(span) + 1]!++;
  for (let index = 0; index <= count; index++) at[index + 1]! += at[index]!;
  const next = at.slice();
  const list = new Int32Array(count);
  for (const span of byStart) list[next[slot(span)]!++] = span;
  return { at, list };
};

/** Walks from one span down, without recursion: a trace may be as deep as it has spans. */
const walk = (start: number, { at, list }: Children, out: Preorder & { rows: number; seen: Uint8Array }): void => {
  const path: { row: number; next: number; last: number }[] = [];
  const enter = (span: number): void => {
    const row = out.rows++;
    out.seen[span] = 1;
    out.order[row] = span;
    out.depth[row] = path.length;
    out.parent[row] = path.at(-1)?.row ?? -1;
    path.push({ row, next: at[span]!, last: at[span + 1]! });
  };
  enter(start);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const child = top.next < top.last ? list[top.next++]! : -1;
    if (child >= 0 && out.seen[child] === 0) enter(child);
    else if (child < 0) {
      out.end[top.row] = out.rows;
      path.pop();
    }
  }
};

/**
 * Puts spans in the order of a tree: parents before children, siblings by `byStart`. Each span has exactly one row,
 * also those whose parents go in a circle: the first of them becomes a root. `parents` has -1 for roots.
 */
export const preorder = (parents: Int32Array, byStart: Int32Array): Preorder => {
  const count = parents.length;
  const children = childrenOf(parents, byStart);
  const out = {
    order: new Int32Array(count),
    depth: new Int32Array(count),
    end: new Int32Array(count),
    parent: new Int32Array(count),
    rows: 0,
    seen: new Uint8Array(count),
  };
  for (let index = children.at[count]!; index < children.at[count + 1]!; index++)
    walk(children.list[index]!, children, out);
  if (out.rows < count) for (const span of byStart) if (out.seen[span] === 0) walk(span, children, out);
  const { order, depth, end, parent } = out;
  return { order, depth, end, parent };
};
