export { realKafka, ownKafka } from './real-kafka.js';
export type { OwnKafka, OwnKafkaOptions, RealKafka } from './real-kafka.js';
export { realJaeger } from './real-jaeger.js';
export type { OtherReceivers, RealJaeger, RealJaegerOptions } from './real-jaeger.js';
export { nodeOf } from './real-node.js';
export { runNpm } from './run-npm.js';
export { firstLines, leaveOut } from './leave-out.js';
export { cached, progress } from './real-cache.js';
export { RealPartUnavailable, realPartsRequired } from './real-part.js';
export type { RealPartName } from './real-part.js';
export { describeReal } from './real-describe.js';
export type { RealParts } from './real-describe.js';
// The suite may import no testkit, so these are its own; other specs take them from here.
export { eventually, scanAll, scanEverything } from '@kaizen-trace/conformance';
export { freePorts } from './real-process.js';
export { queryJaeger } from './real-jaeger-query.js';
export type {
  JaegerAnswer,
  JaegerLog,
  JaegerProcess,
  JaegerQuery,
  JaegerReference,
  JaegerSpan,
  JaegerTag,
  JaegerTrace,
  JaegerTraceQuery,
} from './real-jaeger-query.js';
export { acceptSpans, failWith, retryInfo, startOtlpBackend } from './otlp-backend.js';
export type { OtlpAnswer, OtlpBackend } from './otlp-backend.js';
export { selfSigned } from './self-signed.js';
export type { SelfSigned } from './self-signed.js';
export { tampering } from './tampering.js';
export type { Tamper } from './tampering.js';
export { faultPlan, withFault } from './fault-plan.js';
export type { Fault, FaultPlan } from './fault-plan.js';
export { startFaultyProxy } from './chaos/faulty-proxy.js';
export { proxiedKafka } from './chaos/proxied-kafka.js';
export type { ProxiedKafka } from './chaos/proxied-kafka.js';
export { runChaos } from './chaos/run-chaos.js';
export type { ChaosOptions } from './chaos/run-chaos.js';
export { chaosTable, differencesOf, isFlawless } from './chaos/report.js';
export type { ChaosResult } from './chaos/report.js';
export { Fleet } from './chaos/fleet.js';
export type { FleetOptions } from './chaos/fleet.js';
export type { FleetAssembler } from './chaos/fleet-assembler.js';
export { startLoad } from './chaos/load.js';
export type { Load, LoadOptions } from './chaos/load.js';
export type { Service } from './chaos/service.js';
