import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCount, formatDuration, formatTime } from '../../shared/format.js';
import { useScheme } from '../../shared/theme.js';
import type { TraceSummary } from '../data/summary.js';

interface ScatterProps {
  readonly summaries: readonly TraceSummary[];
  readonly onOpen: (traceId: string) => void;
}

const height = 168;

/** `10 s`, `100 s`: powers of ten stay in one unit, up to an hour. */
const powerLabel = (power: number): string => {
  const micros = 10 ** power;
  return micros >= 1e7 && micros < 3.6e9 ? `${formatCount(micros / 1e6)} s` : formatDuration(micros);
};

/** Traces by time, as uPlot wants them: seconds; powers of ten of the durations of what went well, and of what failed. */
const columnsOf = (sorted: readonly TraceSummary[]): uPlot.AlignedData => {
  const shown = (wanted: boolean): (number | null)[] =>
    sorted.map(({ errors, duration }) => (errors > 0 === wanted ? Math.log10(Math.max(1, duration)) : null));
  return [sorted.map(({ start }) => start / 1e6), shown(false), shown(true)];
};

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const seriesOf = (label: string, name: string): uPlot.Series => ({
  label,
  stroke: colour(name),
  paths: () => null,
  // Where many lie on each other, it is darker.
  points: { show: true, size: 7, fill: `${colour(name)}b3`, width: 0 },
});

const axisOf = (more: uPlot.Axis): uPlot.Axis => ({
  stroke: colour('--ink-soft'),
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { stroke: colour('--line'), width: 1 },
  font: '12px system-ui, sans-serif',
  ...more,
});

/** The day where a day begins, else the time. */
const timeLabel = (seconds: number, index: number, all: readonly number[]): string => {
  const text = formatTime(seconds * 1e6);
  const isShort = all.length > 1 && all[1]! - all[0]! < 60;
  if (text.endsWith('00:00:00')) return text.slice(5, 10);
  return index === 0 ? text.slice(5, isShort ? 19 : 16) : text.slice(11, isShort ? 19 : 16);
};

const optionsOf = (width: number): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  cursor: { drag: { x: false, y: false }, points: { size: 11 }, y: false },
  scales: {
    x: { time: true },
    y: { range: (_, min, max) => [Math.floor(min), Math.max(Math.ceil(max), Math.floor(min) + 1)] },
  },
  series: [{}, seriesOf('went well', '--accent'), seriesOf('with errors', '--bad')],
  axes: [
    // Room for the longest label: `11-23 04:44:45` beside `04:45:00`.
    axisOf({ size: 30, space: 90, values: (_, splits) => splits.map(timeLabel) }),
    axisOf({
      // `2 h 47 min` stands whole.
      size: 84,
      incrs: [1, 2, 3],
      values: (_, splits) => splits.map(powerLabel),
    }),
  ],
});

/** Each trace by when it began and how long it took; a click opens it. The list below has the same for all. */
export const Scatter = ({ summaries, onOpen }: ScatterProps) => {
  const frame = useRef<HTMLDivElement>(null);
  const scheme = useScheme();
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const sorted = [...summaries].sort((left, right) => left.start - right.start);
    const plot = new uPlot(optionsOf(element.clientWidth), columnsOf(sorted), element);
    const open = (): void => {
      const trace = plot.cursor.idx == null ? undefined : sorted[plot.cursor.idx];
      if (trace !== undefined) onOpen(trace.traceId);
    };
    plot.over.addEventListener('click', open);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [summaries, scheme, onOpen]);
  return (
    <figure className="scatter card">
      <div ref={frame} role="img" aria-label="Traces by start and duration; the list below has the same" />
      <figcaption>
        <span className="dot legend-good" aria-hidden="true" /> went well{' '}
        <span className="dot legend-bad" aria-hidden="true" /> with errors
      </figcaption>
    </figure>
  );
};
