import type { SpoolContents } from '@kaizen-trace/agent';
import { inspectSpool } from '@kaizen-trace/agent';
import { reasonOf } from '../terminal/errors.js';
import { count } from '../terminal/progress.js';
import type { Check } from './check.js';

const name = 'spool';

const eventsText = (events: number): string =>
  `${count(events)} ${events === 1 ? 'event waits' : 'events wait'}`;

const waiting = ({ path, pid, host, isAlive, waitingEvents }: SpoolContents): Check => {
  if (isAlive) {
    const detail = `${eventsText(waitingEvents)} in ${path}, and process ${pid ?? '?'} on ${host} sends them`;
    return {
      name,
      outcome: 'warned',
      detail,
      remedy: 'Where they do not become fewer: see what is said of the gateway and the log',
    };
  }
  const whose = pid === undefined ? 'an agent that has ended' : `process ${pid} on ${host}, which has ended`;
  return {
    name,
    outcome: 'warned',
    detail: `${eventsText(waitingEvents)} to be sent in ${path}, of ${whose}`,
    remedy: 'Start an agent with this spool directory: it sends them first',
  };
};

const torn = ({ path }: SpoolContents): Check => ({
  name,
  outcome: 'warned',
  detail: `the end of a file in ${path} is no whole event, as when a machine crashes`,
  remedy: 'Nothing: what stands before it is sent, and what the agent was told is accepted',
});

/** What waits in an agent's spool directory, and whether anybody sends it. Changes nothing there. */
export const checkSpool = (directory: string): readonly Check[] => {
  try {
    const contents = inspectSpool(directory);
    const left = contents.filter(({ waitingEvents }) => waitingEvents > 0);
    const found = [
      ...left.map(waiting),
      ...contents.filter(({ isTorn, isAlive }) => isTorn && !isAlive).map(torn),
    ];
    if (found.length > 0) return found;
    return [{ name, outcome: 'ok', detail: `nothing waits in ${directory}` }];
  } catch (error) {
    return [
      {
        name,
        outcome: 'failed',
        detail: `${directory} cannot be read as a spool (${reasonOf(error)})`,
        remedy: 'Name the directory that the publisher has as spool.directory',
      },
    ];
  }
};
