/**
 * The events of the contract's known kinds, as Kaizen names them. A custom event is any other string of the contract's
 * form: `pre_X` opens an operation of kind X, `post_X` closes it, anything else is a point in time.
 */
export const HookEvent = {
  PRE_AGENT_LOOP: 'pre_agent_loop',
  POST_AGENT_LOOP: 'post_agent_loop',
  PRE_TOOL_USE: 'pre_tool_use',
  POST_TOOL_USE: 'post_tool_use',
  PRE_LLM_CALL: 'pre_llm_call',
  POST_LLM_CALL: 'post_llm_call',
  PRE_MEMORY_READ: 'pre_memory_read',
  POST_MEMORY_READ: 'post_memory_read',
  PRE_MEMORY_SAVE: 'pre_memory_save',
  POST_MEMORY_SAVE: 'post_memory_save',
  PRE_MEMORY_LOAD: 'pre_memory_load',
  POST_MEMORY_LOAD: 'post_memory_load',
  PRE_SPECIALIST_INVOKE: 'pre_specialist_invoke',
  POST_SPECIALIST_INVOKE: 'post_specialist_invoke',
  PRE_PLAN_GENERATION: 'pre_plan_generation',
  POST_PLAN_GENERATION: 'post_plan_generation',
  PRE_PERMISSION_CHECK: 'pre_permission_check',
  POST_PERMISSION_CHECK: 'post_permission_check',
  PRE_CHECKPOINT_SAVE: 'pre_checkpoint_save',
  POST_CHECKPOINT_SAVE: 'post_checkpoint_save',
  PRE_INTERRUPT: 'pre_interrupt',
  POST_INTERRUPT: 'post_interrupt',
} as const;

/** One of the known events. */
export type KnownHookEvent = (typeof HookEvent)[keyof typeof HookEvent];

/** A known event, or the name of a custom one; case does not count. */
export type HookEvent = KnownHookEvent | (string & {});
