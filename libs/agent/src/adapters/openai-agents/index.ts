export { openAiAgentsProcessor } from './processor.js';
export type { AdapterOptions, OuterOperation } from '../framework/options.js';
export type { OpenAiSpan, OpenAiTrace, OpenAiTracingProcessor } from './types.js';
