import type { HookContextInit } from '../hooks/hook-context.js';
import type { EventReceiver } from '../receiver.js';

const ignore = (): void => undefined;

/** Hands an event over. Answers a promise only where there is something to wait for, which never rejects. */
export const tell = (receiver: EventReceiver, event: HookContextInit): Promise<void> | undefined => {
  try {
    const answer = receiver.handle(event);
    if (typeof answer !== 'object' || answer === null || !('then' in answer)) return undefined;
    return Promise.resolve(answer).then(ignore, ignore);
  } catch {
    // A receiver promises not to throw; one that does must not reach the agent.
    return undefined;
  }
};

/** One receiver that hands on to two, to the second after the first. */
export const toBoth = (first: EventReceiver, second: EventReceiver): EventReceiver => ({
  handle: async (event) => {
    await tell(first, event);
    await tell(second, event);
  },
});
