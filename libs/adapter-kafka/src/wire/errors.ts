import kafkajs from 'kafkajs';

// As one object: Node's ESM loader does not see all names of kafkajs.
const { KafkaJSGroupCoordinatorNotFound } = kafkajs;

/** An error code that a broker answered with, where kafkajs does not read the answer for us. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  constructor(
    readonly request: string,
    readonly brokerCode: number,
  ) {
    super(`${request} was answered with Kafka's error code ${brokerCode}`);
  }
}

/** Kafka's error codes that decide what to do next. */
export const brokerCodes = {
  offsetOutOfRange: 1,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMember: 25,
  invalidSessionTimeout: 26,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  concurrentTransactions: 51,
  transactionalIdAuthorizationFailed: 53,
  producerFenced: 90,
} as const;

/** Kafka's error code in `error`, whoever read it; undefined where the broker said nothing (connection, time-out). */
export const brokerCodeOf = (error: unknown): number | undefined => {
  if (error instanceof BrokerError) return error.brokerCode;
  if (!(error instanceof Error)) return undefined;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'number' && code >= 0) return code;
  // Codes newer than kafkajs lose their number everywhere but in the message.
  const unknown = /Unknown error code (\d+)/.exec(error.message);
  if (unknown !== null) return Number(unknown[1]);
  return cause === undefined || cause === error ? undefined : brokerCodeOf(cause);
};

/** The coordinator is busy or has moved: the same question may be answered in a moment, perhaps by another broker. */
export const isBusyCoordinator = (error: unknown): boolean =>
  // kafkajs drops the code where no broker can name one, as in the first moments of a cluster's transactions.
  error instanceof KafkaJSGroupCoordinatorNotFound || busyCodes.includes(brokerCodeOf(error) ?? -1);

const busyCodes: readonly number[] = [
  brokerCodes.coordinatorLoading,
  brokerCodes.coordinatorNotAvailable,
  brokerCodes.notCoordinator,
  brokerCodes.concurrentTransactions,
];

const fencedCodes: readonly number[] = [brokerCodes.invalidProducerEpoch, brokerCodes.producerFenced];

/** Whether a newer producer with the same transactional id exists. */
export const isFenced = (error: unknown): boolean => fencedCodes.includes(brokerCodeOf(error) ?? -1);
