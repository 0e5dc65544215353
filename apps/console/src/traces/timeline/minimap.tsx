import { useEffect, useRef, useState } from 'react';
import type { PointerEvent } from 'react';
import { useScheme } from '../../shared/theme.js';
import type { TraceColumns } from '../data/columns.js';
import { fitted, isWhole, whole } from '../data/time-window.js';
import type { TimeWindow } from '../data/time-window.js';
import { drawMinimap } from './minimap-drawing.js';

interface MinimapProps {
  readonly columns: TraceColumns;
  readonly window: TimeWindow;
  readonly onWindow: (window: TimeWindow) => void;
}

/** Less than this is a click. */
const leastDrag = 0.004;

const useDrawing = (columns: TraceColumns) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const scheme = useScheme();
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current;
    if (element === null || width === 0) return undefined;
    // After the rows: they are what one looks at first.
    const frame = requestAnimationFrame(() =>
      drawMinimap(element, columns, { width, height: element.clientHeight }),
    );
    return () => cancelAnimationFrame(frame);
  }, [columns, width, scheme]);
  return canvas;
};

const useDrag = (onWindow: (window: TimeWindow) => void) => {
  const [drag, setDrag] = useState<TimeWindow>();
  const at = ({ currentTarget, clientX }: PointerEvent): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)));
  };
  const end = (): void => {
    if (drag !== undefined && Math.abs(drag.to - drag.from) > leastDrag) onWindow(fitted(drag));
    setDrag(undefined);
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ from: at(event), to: at(event) });
    },
    onPointerMove: (event: PointerEvent) => drag && setDrag({ ...drag, to: at(event) }),
    onPointerUp: end,
    onPointerCancel: () => setDrag(undefined),
  };
  return { drag, handlers };
};

const percent = (fraction: number): string => `${fraction * 100}%`;

/** The whole trace at a glance; dragging over it zooms the timeline, a double click shows all again. */
export const Minimap = ({ columns, window, onWindow }: MinimapProps) => {
  const canvas = useDrawing(columns);
  const { drag, handlers } = useDrag(onWindow);
  const shown =
    drag === undefined ? window : { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) };
  const isCut = drag !== undefined || !isWhole(window);
  return (
    <div className="minimap" {...handlers} onDoubleClick={() => onWindow(whole)}>
      <canvas ref={canvas} role="img" aria-label="The whole trace; the keys + and − zoom" />
      {isCut && (
        <>
          <span className="minimap-out" style={{ left: 0, width: percent(shown.from) }} />
          <span className="minimap-out" style={{ left: percent(shown.to), right: 0 }} />
        </>
      )}
    </div>
  );
};
