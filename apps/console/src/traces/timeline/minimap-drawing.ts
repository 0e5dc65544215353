import { hasFlag } from '../data/columns.js';
import type { TraceColumns } from '../data/columns.js';
import { flag, repeated } from '../data/flags.js';
import { kinds } from '../data/kinds.js';

/** Pixels of the canvas. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
}

const colours = (element: Element): readonly string[] => {
  const style = getComputedStyle(element);
  return [...kinds.map((kind) => `--kind-${kind}`), '--bad'].map((name) =>
    style.getPropertyValue(name).trim(),
  );
};

/**
 * Draws every operation of a trace, one below the other, as thin as they must be; what failed is drawn last, so that it
 * is seen.
 */
export const drawMinimap = (canvas: HTMLCanvasElement, columns: TraceColumns, size: CanvasSize): void => {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const palette = colours(canvas);
  const { count, start, duration, from, to, kindOf } = columns;
  const scale = canvas.width / Math.max(1, to - from);
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (!hasFlag(columns, row, repeated)) rows.push(row);
  const thickness = Math.max(1, Math.min(4 * ratio, (canvas.height - 4) / rows.length));
  const draw = (wanted: number): void => {
    rows.forEach((row, index) => {
      const colour = hasFlag(columns, row, flag.error) ? kinds.length : kindOf[row]!;
      if (colour !== wanted) return;
      const y = 2 + (index / rows.length) * (canvas.height - 4);
      context.fillRect((start[row]! - from) * scale, y, Math.max(ratio, duration[row]! * scale), thickness);
    });
  };
  palette.forEach((colour, index) => {
    context.fillStyle = colour;
    context.globalAlpha = index === kinds.length ? 1 : 0.75;
    draw(index);
  });
};
