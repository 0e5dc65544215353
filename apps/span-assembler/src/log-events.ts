import type { AssemblerEvent } from '@kaizen-trace/assembler-runtime';
import { unreachable } from '@kaizen-trace/contracts';
import type { Logger } from '@kaizen-trace/service-kit';

/** One log line for what an operator wants to know; commits and ticks are metrics, not lines. */
export const logEvents =
  (logger: Logger) =>
  (event: AssemblerEvent): void => {
    switch (event.type) {
      case 'restored':
        // A fresh log restores nothing, twelve times over: no news.
        logger[event.entries > 0 ? 'info' : 'debug'](
          { partition: event.partition, entries: event.entries, ms: event.ms },
          'partition restored',
        );
        return;
      case 'restoring':
        logger.info(
          { partition: event.partition, done: event.done, total: event.total },
          'restoring the partition',
        );
        return;
      case 'dead-letter':
        logger.warn(
          { partition: event.partition, offset: String(event.offset), reason: event.errorClass },
          'record became a dead letter',
        );
        return;
      case 'retrying':
        logger.warn(
          { partition: event.partition, cause: event.cause.message },
          'acquiring the partition anew',
        );
        return;
      case 'fenced':
        logger.warn(
          { partition: event.partition, cause: event.cause.message },
          'another member owns the partition',
        );
        return;
      case 'halted':
        logger.error(
          { partition: event.partition, error: event.error.name, reason: event.error.message },
          'partition halted: it needs a person',
        );
        return;
      case 'phase':
        logger.debug({ partition: event.partition, phase: event.phase }, 'phase');
        return;
      case 'committed':
      case 'tick':
        return;
      default:
        return unreachable(event);
    }
  };
