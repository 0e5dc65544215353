export { langChainHandler } from './handler.js';
export type { AdapterOptions, OuterOperation } from '../framework/options.js';
export type { ChainStart, LangChainHandler, RunEvent, RunStart } from './types.js';
