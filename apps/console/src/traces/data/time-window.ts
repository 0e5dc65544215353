/** A part of the trace's time, as fractions of it: 0 is its start, 1 its end. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** All of it. */
export const whole: TimeWindow = { from: 0, to: 1 };

/** The narrowest that can be looked at: a billionth of a day is still some 90 µs. */
const narrowest = 1e-9;

/** Puts a window within the trace, from left to right, and not too narrow. */
export const fitted = ({ from, to }: TimeWindow): TimeWindow => {
  const width = Math.min(1, Math.max(narrowest, Math.abs(to - from)));
  const left = Math.min(1 - width, Math.max(0, Math.min(from, to)));
  return { from: left, to: left + width };
};

/** Shows more (`factor` above 1) or less, and keeps what is at `around` where it is. */
export const zoomed = ({ from, to }: TimeWindow, factor: number, around = (from + to) / 2): TimeWindow =>
  fitted({ from: around - (around - from) * factor, to: around + (to - around) * factor });

/** Moves by a part of its width. */
export const panned = ({ from, to }: TimeWindow, by: number): TimeWindow => {
  const step = (to - from) * by;
  const bounded = Math.min(1 - to, Math.max(-from, step));
  return fitted({ from: from + bounded, to: to + bounded });
};

/** Whether the whole trace is seen. */
export const isWhole = ({ from, to }: TimeWindow): boolean => from <= 0 && to >= 1;

const second = 1_000_000;
/** Steps of a clock, in microseconds; below a second they are powers of ten. */
const clockSteps = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60 * second),
  ...[1, 2, 4, 6, 12].map((hours) => hours * 3_600 * second),
];
const day = 86_400 * second;

/** The least round step that is no less than this. */
const stepFrom = (least: number): number => {
  const onClock = least > second / 2 ? clockSteps.find((step) => step >= least) : undefined;
  if (onClock !== undefined) return onClock;
  const unit = least > second ? day : 1;
  const magnitude = 10 ** Math.floor(Math.log10(least / unit));
  return unit * magnitude * ([1, 2, 5].find((each) => each * magnitude * unit >= least) ?? 10);
};

/** Round times for a scale: about `count` of them within a duration, in microseconds, from `from` on. */
export const ticksOf = (from: number, to: number, count: number): readonly number[] => {
  const step = stepFrom(Math.max((to - from) / Math.max(1, count), 1e-3));
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
};
