/** What an operation is, as far as its colour goes. */
export const kinds = ['agent', 'tool', 'model', 'memory', 'other'] as const;

/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number];

const known: Readonly<Record<string, Kind>> = {
  agent_loop: 'agent',
  specialist_invoke: 'agent',
  plan_generation: 'agent',
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'agent',
  plan: 'agent',
  tool_use: 'tool',
  execute_tool: 'tool',
  llm_call: 'model',
  chat: 'model',
  generate_content: 'model',
  text_completion: 'model',
  embeddings: 'model',
  memory_read: 'memory',
  memory_save: 'memory',
  memory_load: 'memory',
  search_memory: 'memory',
  retrieval: 'memory',
};

/** The event type without its `pre_` or `post_`. */
export const operationKind = (eventType: string): string => eventType.replace(/^(?:pre|post)_/, '');

/** The colour of an event type, or of an operation name of the GenAI conventions. */
export const kindOf = (name: string): Kind =>
  known[operationKind(name)] ?? (name.includes('memory') ? 'memory' : 'other');

/**
 * A span's name as people say it: `tool_use:read_file` → `read_file`, `agent_loop` → `agent loop`; `(no name)` where it
 * has none.
 */
export const titleOf = (operationName: string): string => {
  if (operationName.trim() === '') return '(no name)';
  const name = operationKind(operationName);
  const colon = name.indexOf(':');
  if (colon > 0 && known[name.slice(0, colon)] !== undefined) return name.slice(colon + 1);
  return known[name] === undefined ? name : name.replaceAll('_', ' ');
};
