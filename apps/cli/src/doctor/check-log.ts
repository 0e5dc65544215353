import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogSettings } from '@kaizen-trace/settings';
import { logName, openExistingLog } from '../sending/existing-log.js';
import { reasonOf } from '../terminal/errors.js';
import { CommandError } from '../terminal/io.js';
import { count } from '../terminal/progress.js';
import type { Check } from './check.js';
import { readLag } from './log-lag.js';

const name = 'log';

const look = async (log: LogSettings): Promise<Check> => {
  const connection = await openExistingLog(log);
  try {
    const ping = await connection.ping();
    if (ping.type === 'unreachable') {
      const detail = `${logName(log)} does not answer: ${reasonOf(ping.cause)}`;
      return { name, outcome: 'failed', detail, remedy: remedyFor(log) };
    }
    const partitions = await connection.events.partitionCount();
    const found = `${logName(log)} answers; ${partitions} partitions`;
    const { records, moving } = await readLag(connection, ownerIn(log));
    if (records === 0n) return { name, outcome: 'ok', detail: `${found}, all of it folded` };
    const behind = `${found}; ${count(Number(records))} of its records are not folded into spans yet`;
    if (moving) return { name, outcome: 'ok', detail: `${behind}, and are being` };
    const remedy =
      'Start an assembler with the same settings (`npm run span-assembler`); where one runs, see its log and /readyz';
    return { name, outcome: 'failed', detail: `${behind}, and nobody is at it`, remedy };
  } finally {
    await connection.close();
  }
};

/** Whose state says how far the log is folded. */
export const ownerIn = ({ groups, topicPrefix }: LogSettings): StateOwner => ({
  group: groups.assembler,
  topic: `${topicPrefix}hook-events`,
});

const remedyFor = ({ kafka }: LogSettings): string =>
  kafka === undefined
    ? 'Set KAIZEN_DATA_DIR to the directory that `npm start` uses'
    : 'Check KAFKA_BROKERS and the brokers';

/** Whether the log that the settings name is there, is as the pipeline needs it, and answers. */
export const checkLog = async (log: LogSettings): Promise<Check> => {
  if (log.kafka === undefined && !log.dataDirectoryExplicit) {
    const detail =
      'no log is named here; the gateway has it (KAFKA_BROKERS or KAIZEN_DATA_DIR would name one)';
    return { name, outcome: 'skipped', detail };
  }
  try {
    return await look(log);
  } catch (error) {
    // What the adapters say of a log that cannot be opened names the remedy itself.
    if (error instanceof CommandError) return { name, outcome: 'failed', detail: error.message };
    return { name, outcome: 'failed', detail: `${logName(log)}: ${reasonOf(error)}`, remedy: remedyFor(log) };
  }
};
