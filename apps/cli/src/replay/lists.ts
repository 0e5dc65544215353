import { once } from 'node:events';
import type { Output } from '../terminal/io.js';
import type { Unfinished } from '@kaizen-trace/assembler-runtime';
import type { Difference, IncompleteTrace, Lists } from '@kaizen-trace/replay';

const timeOf = (millis: number): string => new Date(millis).toISOString();

/** Without control characters, so that no id can write on a person's terminal. */
const shown = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

const column = (text: string): string => text.padEnd(10);

const textLines = {
  incomplete: ({ partition, traceId, reason }: IncompleteTrace): string =>
    `${column('incomplete')} partition ${partition}  trace ${shown(traceId)}  ${reason}`,
  open: (partition: number, found: Unfinished): string => {
    const { type, traceId, offset, appendTime, eventType, name, agentId } = found;
    const what = shown(name === undefined ? eventType : `${eventType}:${name}`);
    const state = type === 'operation' ? 'since' : 'held since';
    return `${column('open')} partition ${partition}  offset ${offset}  trace ${shown(traceId)}  ${what}  agent ${shown(agentId)}  ${state} ${timeOf(appendTime)}`;
  },
  difference: ({ partition, difference, traceId, spanId, name, offset, spanOffset }: Difference): string => {
    const places = [
      offset === undefined ? '' : `  offset ${offset}`,
      spanOffset === undefined ? '' : `  span message ${spanOffset}`,
    ];
    return `${column(difference)} partition ${partition}  trace ${traceId}  span ${spanId}  ${shown(name)}${places.join('')}`;
  },
};

const json = (kind: string, value: object): string =>
  JSON.stringify({ kind, ...value }, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each));

/** Lists on `stdout`, a line each: for people, or as NDJSON. */
export const createLists = (stdout: NodeJS.WritableStream & Output, asJson: boolean): Lists => {
  // On a terminal the progress bar may stand on this line: it is drawn again below.
  const erase = stdout.isTTY === true ? '\r\u001b[2K' : '';
  const print = async (line: string): Promise<void> => {
    if (!stdout.write(`${erase}${line}\n`)) await once(stdout, 'drain');
  };
  return {
    incomplete: (found) => print(asJson ? json('incomplete', found) : textLines.incomplete(found)),
    open: (partition, found) =>
      print(asJson ? json('open', { partition, ...found }) : textLines.open(partition, found)),
    difference: (found) => print(asJson ? json('difference', found) : textLines.difference(found)),
  };
};
