import { openLog } from '@kaizen-trace/adapters';
import type { LogConnection } from '@kaizen-trace/ports';
import { codeOf } from '@kaizen-trace/sending';
import type { LogSettings } from '@kaizen-trace/settings';
import { CommandError } from '../terminal/io.js';

/** How people call the log that the settings name. */
export const logName = ({ kafka, dataDirectory }: LogSettings): string =>
  kafka === undefined
    ? `the log in ${dataDirectory}`
    : `Kafka at ${kafka.brokers.map(({ host, port }) => `${host}:${port}`).join(', ')}`;

/** Opens the log that the settings name; an embedded one must exist. @throws CommandError where it cannot be opened. */
export const openExistingLog = async (log: LogSettings): Promise<LogConnection> => {
  try {
    return await openLog(log, { create: false });
  } catch (error) {
    // The adapters' own messages name the remedy; other errors are bugs, and are shown as such.
    if (codeOf(error)?.startsWith('KAIZEN_') !== true) throw error;
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
};
