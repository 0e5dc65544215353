import type { SenderFailure } from '../sending/sender.js';
import type { Rejection } from '@kaizen-trace/sending';
import { count } from '../terminal/progress.js';

/** A refused line for people: its number, the field, the reason. */
export const describeRejection = ({ line, field, reason }: Rejection): string =>
  `line ${line}: ${field === null ? '' : `${field} `}${reason}`;

/** Why sending ended early, and how to go on without losing or doubling a line. */
export const describeFailure = ({ reason, from, to, uncertain }: SenderFailure, file: string): string => {
  const lines = [
    `gave up: ${reason}`,
    from === 1
      ? `no line is done; try again with: kaizen-trace publish ${file}`
      : `all lines before ${count(from)} are done; go on with: kaizen-trace publish ${file} --from-line ${from}`,
  ];
  if (uncertain) {
    lines.push(
      `lines ${from} to ${to} may have been taken all the same: those with an event_id are recognised when they come again soon`,
    );
  }
  return lines.join('\n');
};
