export { claudeCodeEvents } from './claude-code/events.js';
export type { ClaudeCodeOptions, OuterCall } from './claude-code/drafting.js';
export { openCallsInMemory } from './claude-code/open-calls.js';
export type { OpenCall, OpenCalls } from './claude-code/open-calls.js';
export { linkSubagent } from './claude-code/subagents.js';
