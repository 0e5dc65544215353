/** The cluster could not be reached. Check `brokers`, network, TLS and SASL; the cause says what failed. */
export class KafkaUnreachableError extends Error {
  override readonly name = 'KafkaUnreachableError';
  readonly code = 'KAIZEN_KAFKA_UNREACHABLE';
  constructor(brokers: readonly string[], options: { readonly cause: unknown }) {
    const why = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(
      `no answer from Kafka at ${brokers.join(', ')}: ${why}; check KAFKA_BROKERS, KAFKA_SSL_* and KAFKA_SASL_*`,
      options,
    );
  }
}

/** A topic is not as the pipeline needs it. The message names the topic, what is wrong and the command that mends it. */
export class TopicMismatchError extends Error {
  override readonly name = 'TopicMismatchError';
  readonly code = 'KAIZEN_TOPIC_MISMATCH';
}
