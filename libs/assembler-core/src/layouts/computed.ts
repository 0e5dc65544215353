import type { Attribute } from '@kaizen-trace/contracts';
import type { Interval } from '../interval.js';

const double = (key: string, value: number): Attribute => [key, { double: value }];

/** `duration_ms`: always a double. */
export const durationOf = ({ durationMs }: Interval): Attribute => double('duration_ms', durationMs);

/** `kaizen.clock_skew_ms`, where the POST was earlier than its PRE. */
export const skewOf = ({ clockSkewMs }: Interval): readonly Attribute[] =>
  clockSkewMs === undefined ? [] : [double('kaizen.clock_skew_ms', clockSkewMs)];

/** `kaizen.orphan`: the PRE never came. */
export const orphanMark: Attribute = ['kaizen.orphan', true];
/** `kaizen.abandoned`: the POST never came. */
export const abandonedMark: Attribute = ['kaizen.abandoned', true];
