import type { LogSettings } from '@kaizen-trace/settings';
import type { Check } from './check.js';

const name = 'log';

/** Whether the log that the settings name is there and answers. */
export const checkLog = (log: LogSettings): Promise<Check> => {
  if (log.kafka === undefined && !log.dataDirectoryExplicit) {
    const detail =
      'no log is named here; the gateway has it (KAFKA_BROKERS or KAIZEN_DATA_DIR would name one)';
    return Promise.resolve({ name, outcome: 'skipped', detail });
  }
  return Promise.resolve({ name, outcome: 'skipped', detail: 'not looked at' });
};
