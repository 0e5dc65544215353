import type { HookContext } from '@kaizen-trace/contracts';
import { openGatewaySink, openLogSink, type Rejection, type Sink } from '@kaizen-trace/sending';
import type { CliSettings } from '../settings.js';
import { Sender, type SenderFailure, type SenderOptions } from './sender.js';

/** A sender wherever it sends. */
export interface EventSender {
  readonly acknowledged: number;
  readonly refused: number;
  readonly failure: SenderFailure | undefined;
  add(line: number, event: HookContext): Promise<void> | undefined;
  reject(rejection: Rejection): void;
  finish(): Promise<void>;
}

/** A sender with what it holds open. Close it after the last `finish`. */
export interface OpenedSender {
  readonly sender: EventSender;
  readonly destination: string;
  readonly close: () => Promise<void>;
}

type Delivering = Omit<SenderOptions, 'batchEvents' | 'batchBytes'>;

/** Well below the 16 MiB that the gateway takes, and small enough for an answer within moments. */
const batchLimits = { batchEvents: 2_000, batchBytes: 1024 * 1024 };

const opened = <Payload>(sink: Sink<Payload>, options: Delivering): OpenedSender => ({
  sender: new Sender(sink, { ...batchLimits, ...options }),
  destination: sink.destination,
  close: () => sink.close(),
});

/**
 * Opens the way that the settings name: Kafka where brokers are set, the embedded log where its directory is set, else
 * the gateway.
 *
 * @throws CommandError where the embedded log is not there.
 */
export const openSender = async (
  { log, client }: CliSettings,
  options: Delivering,
): Promise<OpenedSender> => {
  if (log.kafka === undefined && !log.dataDirectoryExplicit) {
    return opened(openGatewaySink({ url: client.gatewayUrl, apiKey: client.apiKey }), options);
  }
  // Loaded only here: neither the log's libraries nor their start-up time are needed to talk to the gateway.
  const { logName, openExistingLog } = await import('./existing-log.js');
  const connection = await openExistingLog(log);
  const sink = openLogSink({
    destination: logName(log),
    events: connection.events,
    close: () => connection.close(),
  });
  return opened(sink, options);
};

/** Opens a sender that checks events as the log would, and sends nothing. */
export const openDrySender = async (options: Delivering): Promise<OpenedSender> => {
  const { openDrySink } = await import('./dry-sink.js');
  return opened(openDrySink(), options);
};
