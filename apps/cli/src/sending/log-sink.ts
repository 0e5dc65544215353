import type { LogSettings } from '@kaizen-trace/settings';
import type { NewRecord } from '@kaizen-trace/ports';
import { CommandError } from '../terminal/io.js';
import type { Sink } from './sink.js';

/** Opens the log that the settings name. */
export const openLogSink = ({ kafka }: LogSettings): Promise<Sink<NewRecord>> => {
  throw new CommandError(
    'this build has no log of its own yet; unset ' + (kafka ? 'KAFKA_BROKERS' : 'KAIZEN_DATA_DIR'),
  );
};
