import { formatTime, formatUtc } from './format.js';

interface TimeProps {
  /** Microseconds since the epoch. */
  readonly micros: number;
  readonly millis?: boolean;
}

/** A time in the viewer's zone; UTC on hover. */
export const Time = ({ micros, millis = false }: TimeProps) => (
  <time dateTime={formatUtc(micros)} title={`${formatUtc(micros)} (UTC)`}>
    {formatTime(micros, { millis })}
  </time>
);
