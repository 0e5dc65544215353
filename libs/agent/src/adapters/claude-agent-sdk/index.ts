export { claudeAgentHooks } from './hooks.js';
export type { ClaudeAgentHooks, ClaudeHookEvent, ClaudeHookMatcher } from './hooks.js';
export { observeMessages } from './messages.js';
export type { ClaudeAgentOptions } from './options.js';
export type { AdapterOptions, OuterOperation } from '../framework/options.js';
