/** The order in which the hooks of one event run: CRITICAL first. Within a priority, in the order of registration. */
export const HookPriority = { CRITICAL: 0, HIGH: 1, NORMAL: 2, LOW: 3 } as const;

/** One of the four priorities. */
export type HookPriority = (typeof HookPriority)[keyof typeof HookPriority];
