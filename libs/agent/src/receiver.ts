import type { HookContextInit } from './hooks/hook-context.js';

/** Whatever takes events: a HookManager, a TracingHook, a PublishingHook. Never throws. */
export interface EventReceiver {
  readonly handle: (event: HookContextInit) => unknown;
}
