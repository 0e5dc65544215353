import { describe } from '@jest/globals';
import { describeAssemblerCommits } from './assembler-commits.suite.js';
import { describeAssemblerGroup } from './assembler-group.suite.js';
import { describeAssemblerState } from './assembler-state.suite.js';
import { describeAssemblerStore } from './assembler-store.suite.js';
import { describeDeadLetters } from './dead-letters.suite.js';
import { describeEventLog } from './event-log.suite.js';
import { describeEventLogReading } from './event-log-reading.suite.js';
import type { ConformanceOptions, OpenFixture, SuiteContext } from './fixture.js';
import { describeSpanLog } from './span-log.suite.js';

/**
 * The one suite that every adapter passes, whole: there is no way to run a part of it. Call it in a spec of jest, with a
 * factory that opens a fresh log.
 */
export const describeLogConnection = (
  name: string,
  open: OpenFixture,
  { patienceMs = 10_000 }: ConformanceOptions = {},
): void => {
  describe(name, () => {
    const context: SuiteContext = { open, patienceMs };
    describeEventLog(context);
    describeEventLogReading(context);
    describeAssemblerGroup(context);
    describeAssemblerCommits(context);
    describeAssemblerState(context);
    describeAssemblerStore(context);
    describeSpanLog(context);
    describeDeadLetters(context);
  });
};
