export { openKafkaLog } from './kafka-log.js';
export type { KafkaLogOptions } from './options.js';
export { KafkaUnreachableError, TopicMismatchError } from './errors.js';
export { StateDirectoryError } from '@kaizen-trace/state-store';
export { GroupRefusedError } from './group/coordinator.js';
export { UnreadableBatchError } from './wire/record-batch-reader.js';
export { topicPlans } from './topics.js';
export type { TopicPlan } from './topics.js';
export type { LogLevel, LogSink } from './log-lines.js';
