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

const steps = [1, 2, 5];

/** Round times for a scale: about `count` of them within a duration, in microseconds, from `from` on. */
export const ticksOf = (from: number, to: number, count: number): readonly number[] => {
  const rough = Math.max((to - from) / Math.max(1, count), 1e-3);
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * (steps.find((each) => each * magnitude >= rough) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
};
