export { deliver } from './deliver.js';
export type { Delivery, Patience } from './deliver.js';
export { encodeRecord } from './encode-record.js';
export { openGatewaySink } from './gateway-sink.js';
export type { GatewayOptions } from './gateway-sink.js';
export { openLogSink } from './log-sink.js';
export type { LogDestination } from './log-sink.js';
export { codeOf, reasonOf } from './reason.js';
export type { Encoding, Outgoing, Rejection, SendOutcome, Sink } from './sink.js';
