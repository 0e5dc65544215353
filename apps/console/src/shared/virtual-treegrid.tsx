import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { Range } from '@tanstack/react-virtual';
import { useEffect, useId, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';

/** A row of a {@link VirtualTreegrid}. */
export interface TreegridRow {
  readonly key: string;
  /** From 1. */
  readonly level: number;
  /** Undefined where there is nothing to expand. */
  readonly isExpanded: boolean | undefined;
  readonly isSelected?: boolean;
  readonly className?: string;
  /** Elements with the role `gridcell`. */
  readonly cells: ReactNode;
}

/** What a treegrid shows and tells. */
export interface VirtualTreegridProps {
  readonly label: string;
  readonly rowCount: number;
  /** Pixels. */
  readonly rowHeight: number;
  /** Elements with the role `columnheader`. */
  readonly header: ReactNode;
  readonly rowAt: (index: number) => TreegridRow;
  /** The row that the keys act on. */
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onToggle: (index: number) => void;
  /** Enter on a row, or a click. */
  readonly onOpen: (index: number) => void;
  /** The index of a row's parent; -1 for none. */
  readonly parentOf: (index: number) => number;
  readonly className?: string;
  /** Custom properties that its rows' styles use. */
  readonly style?: Readonly<Record<`--${string}`, string>>;
}

/** How far a key moves; undefined for other keys. */
const stepOf = (key: string, page: number, count: number): number | undefined => {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count,
  };
  return steps[key];
};

/** The keys of the treegrid pattern; true where the key was one of them. */
const handleKey = (event: KeyboardEvent, props: VirtualTreegridProps, pageRows: number): boolean => {
  const { rowCount, active, onActive, onToggle, onOpen, parentOf } = props;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || rowCount === 0) return false;
  const step = stepOf(event.key, pageRows, rowCount);
  if (step !== undefined) {
    onActive(Math.min(rowCount - 1, Math.max(0, active + step)));
    return true;
  }
  const { isExpanded } = props.rowAt(active);
  switch (event.key) {
    case 'ArrowRight':
      if (isExpanded === false) onToggle(active);
      else if (isExpanded === true) onActive(Math.min(rowCount - 1, active + 1));
      return true;
    case 'ArrowLeft':
      if (isExpanded === true) onToggle(active);
      else if (parentOf(active) >= 0) onActive(parentOf(active));
      return true;
    case 'Enter':
      onOpen(active);
      return true;
    default:
      return false;
  }
};

/** Always has the active row, which `aria-activedescendant` names, and what is in sight. */
const rangeWith =
  (active: number) =>
  (range: Range): number[] => {
    const rows = defaultRangeExtractor(range);
    if (active < 0 || active >= range.count || rows.includes(active)) return rows;
    return active < (rows[0] ?? 0) ? [active, ...rows] : [...rows, active];
  };

interface BodyProps {
  readonly grid: VirtualTreegridProps;
  readonly id: string;
  readonly rows: readonly { readonly index: number; readonly start: number }[];
  readonly height: number;
}

const Body = ({ grid, id, rows, height }: BodyProps) => (
  <div role="rowgroup" className="treegrid-body" style={{ height }}>
    {rows.map(({ index, start }) => {
      const row = grid.rowAt(index);
      return (
        <div
          key={row.key}
          id={`${id}-${index}`}
          role="row"
          aria-level={row.level}
          aria-rowindex={index + 2}
          aria-expanded={row.isExpanded}
          aria-selected={row.isSelected ?? false}
          className={`treegrid-row ${index === grid.active ? 'active' : ''} ${row.className ?? ''}`}
          style={{ height: grid.rowHeight, transform: `translateY(${start}px)` }}
          onClick={() => {
            grid.onActive(index);
            grid.onOpen(index);
          }}
        >
          {row.cells}
        </div>
      );
    })}
  </div>
);

/**
 * Rows of a tree, of which only those in sight are in the page, however many there are. Keys: the arrows, page up and
 * down, home, end, enter.
 */
export const VirtualTreegrid = (grid: VirtualTreegridProps) => {
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  const { rowCount, rowHeight, active } = grid;
  const virtualizer = useVirtualizer({
    count: rowCount,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    rangeExtractor: rangeWith(active),
    // Below the header, which stays.
    scrollPaddingStart: rowHeight * 2,
    scrollPaddingEnd: rowHeight,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  useEffect(() => {
    if (active >= 0 && active < rowCount) virtualizer.scrollToIndex(active, { align: 'auto' });
  }, [virtualizer, active, rowCount]);
  return (
    <div
      ref={frame}
      role="treegrid"
      aria-label={grid.label}
      aria-rowcount={rowCount + 1}
      aria-activedescendant={active >= 0 && active < rowCount ? `${id}-${active}` : undefined}
      tabIndex={0}
      className={`treegrid ${grid.className ?? ''}`}
      style={grid.style}
      onKeyDown={(event) => {
        const height = frame.current?.clientHeight ?? 0;
        const pageRows = Math.max(1, Math.floor(height / rowHeight) - 2);
        if (!handleKey(event, grid, pageRows)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <div role="rowgroup" className="treegrid-head">
        <div role="row" aria-rowindex={1} className="treegrid-row">
          {grid.header}
        </div>
      </div>
      <Body grid={grid} id={id} rows={virtualizer.getVirtualItems()} height={virtualizer.getTotalSize()} />
    </div>
  );
};
