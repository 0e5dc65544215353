import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useScheme } from '../../shared/theme.js';

/** A line of a chart. */
export interface Line {
  readonly label: string;
  /** A design token, as `--accent`. */
  readonly token: string;
  readonly dash?: readonly number[];
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** Seconds since the epoch, growing. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}

const height = 160;
/** The least that a chart spans, in seconds: a few samples must not look like a long time. */
const shortest = 120;

const colour = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim();

const axisOf = (more: uPlot.Axis): uPlot.Axis => ({
  stroke: colour('--ink-soft'),
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { stroke: colour('--line'), width: 1 },
  font: '12px system-ui, sans-serif',
  ...more,
});

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const seriesOf = ({ label, token, dash }: Line): uPlot.Series => ({
  label,
  stroke: colour(token),
  width: 2,
  ...(dash === undefined ? {} : { dash: [...dash] }),
  points: { show: false },
  spanGaps: false,
});

const optionsOf = (width: number, lines: readonly Line[], show: ChartProps['show']): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  cursor: { drag: { x: false, y: false } },
  scales: {
    x: { time: true, range: (_, min, max) => [Math.min(min, max - shortest), max] },
    y: { range: (_, _min, max) => [0, Math.max(1, (Number.isFinite(max) ? max : 0) * 1.1)] },
  },
  series: [{}, ...lines.map(seriesOf)],
  axes: [
    axisOf({
      size: 30,
      values: (_, splits) => splits.map((split) => clock.format(split * 1_000)),
      space: 90,
    }),
    axisOf({ size: 66, values: (_, splits) => splits.map(show) }),
  ],
});

const columnsOf = (times: readonly number[], lines: readonly Line[]): uPlot.AlignedData => [
  [...times],
  ...lines.map(({ values }) => [...values]),
];

/** Lines over the last minutes; the newest values stand beside the names, for those who do not see the lines. */
export const Chart = ({ title, times, lines, show }: ChartProps) => {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef({ times, lines });
  const scheme = useScheme();
  useEffect(() => {
    newest.current = { times, lines };
  });
  const names = lines.map(({ label }) => label).join();
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const { times: first, lines: shown } = newest.current;
    const made = new uPlot(optionsOf(element.clientWidth, shown, show), columnsOf(first, shown), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [scheme, names, show]);
  useEffect(() => plot.current?.setData(columnsOf(times, lines)), [times, lines]);
  return (
    <figure className="chart card">
      <figcaption>
        <h2 className="chart-title">{title}</h2>
        {lines.map(({ label, token, values }) => {
          const last = values.at(-1);
          return (
            <span key={label} className="legend">
              <span className={`legend-line legend${token}`} aria-hidden="true" />
              {label} <span className="soft">{last == null ? '–' : show(last)}</span>
            </span>
          );
        })}
      </figcaption>
      <div ref={frame} aria-hidden="true" />
    </figure>
  );
};
