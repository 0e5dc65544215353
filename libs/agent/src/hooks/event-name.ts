import type { HookEvent } from './hook-event.js';

const form = /^[a-z][a-z0-9_.-]{0,127}$/;

/**
 * The event's name in lower case.
 *
 * @throws TypeError where it is none by the contract's form, since a hook registered for it would never be called.
 */
export const eventNameOf = (eventType: HookEvent): string => {
  const name = typeof eventType === 'string' ? eventType.toLowerCase() : '';
  if (form.test(name) && name !== 'pre_' && name !== 'post_') return name;
  throw new TypeError(
    `${typeof eventType === 'string' ? JSON.stringify(eventType.slice(0, 80)) : String(eventType)} is no event type: ` +
      'take one of HookEvent, or a name of letters, digits, "_", "." and "-" that begins with a letter',
  );
};
