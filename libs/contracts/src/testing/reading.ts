import type { EventReading } from '../check-event.js';
import type { HookContext } from '../hook-context.js';
import { readEvent } from '../read-event.js';
import { micros } from '../time.js';

const defaults = {
  now: () => micros(42n),
  newId: () => '0190a5c0-0000-7000-8000-000000000000',
  newTraceId: () => 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
};

/** The fields without which nothing is an event. */
export const minimal = { event_type: 'pre_tool_use', agent_id: 'a' };

/** Reads with defaults that are the same in each test. */
export const read = (value: unknown): EventReading => readEvent(value, defaults);

/** The event of {@link minimal} with these fields; fails where it is refused. */
export const accepted = (fields: object): HookContext => {
  const reading = read({ ...minimal, ...fields });
  if (reading.type !== 'accepted') throw new Error(`${String(reading.field)} ${reading.reason}`);
  return reading.event;
};

/** Field and reason with which {@link minimal} with these fields is refused. */
export const refused = (fields: object): string => {
  const reading = read({ ...minimal, ...fields });
  return reading.type === 'refused' ? `${String(reading.field)}: ${reading.reason}` : 'accepted';
};
