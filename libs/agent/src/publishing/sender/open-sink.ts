import { unreachable } from '@kaizen-trace/contracts';
import { openGatewaySink, openLogSink, type Sink } from '@kaizen-trace/sending';
import type { Destination } from './job.js';

/** A sink whatever it sends; `use` keeps its payloads' type together. */
export interface OpenedSink {
  use<Result>(work: <Payload>(sink: Sink<Payload>) => Result): Result;
  close(): Promise<void>;
}

const opened = <Payload>(sink: Sink<Payload>): OpenedSink => ({
  use: (work) => work(sink),
  close: () => sink.close(),
});

/**
 * Opens the way to the destination. An embedded log must exist: one that was made here would have no reader.
 *
 * @throws the adapters' own errors, whose messages name the remedy; where a library is not installed, Node's.
 */
export const openSink = async (destination: Destination): Promise<OpenedSink> => {
  switch (destination.type) {
    case 'gateway':
      return opened(openGatewaySink(destination));
    case 'log': {
      // Loaded only here: whoever sends over HTTP needs neither Kafka's client nor the embedded log's native part.
      const { openLog } = await import('@kaizen-trace/adapters');
      const log = await openLog(destination.settings, { create: false });
      return opened(
        openLogSink({ destination: destination.name, events: log.events, close: () => log.close() }),
      );
    }
    default:
      return unreachable(destination);
  }
};
