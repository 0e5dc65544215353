export { followVercelAi } from './channel.js';
export { vercelAiTelemetry } from './telemetry.js';
export type { AdapterOptions, OuterOperation } from '../framework/options.js';
export type {
  AiCallEvent,
  AiEmbedEvent,
  AiStepEvent,
  AiTelemetry,
  AiToolEvent,
  AiToolExecution,
} from './types.js';
