import type { PublishOutcome, PublishRefusal } from './publisher.js';

/** An event that was taken in. */
export const accepted: PublishOutcome = Object.freeze({ type: 'accepted' });

type Refused = Extract<PublishOutcome, { type: 'refused' }>;

/** A refusal with its message. */
export const refused = (reason: PublishRefusal, message: string): Refused =>
  Object.freeze({ type: 'refused', reason, message });

const fixed = {
  full: refused('full', 'the buffer is full: what it is sent to does not keep up, or does not answer'),
  'too-large': refused('too-large', 'the event has more than 512 KiB as JSON: put less into its data'),
  unwritable: refused('unwritable', 'the spool cannot be written: see to its disk and its permissions'),
  closed: refused('closed', 'the publisher is closed'),
  redaction: refused('redaction', 'redact threw, so the event was held back: make it take this event'),
} as const;

/** The refusals that say the same each time, made once. */
export const refusal = (reason: keyof typeof fixed): Refused => fixed[reason];

/** One who refuses at a high rate should not allocate for it. */
const wrongAgent = refused('invalid', 'agentId must be a string of 1 to 256 characters');
const wrongType = refused(
  'invalid',
  'eventType must begin with a letter and have up to 128 letters, digits, underscores, dots and hyphens',
);

const form = /^[a-z][a-z0-9_.-]{0,127}$/i;
/** Types that passed before; custom ones come from the agent, so that only so many are kept. */
const passed = new Set<string>();
const mostPassed = 1_000;
/** Comparing is faster than looking up. */
let last: unknown;

const isEventType = (eventType: unknown): boolean => {
  if (eventType === last) return true;
  if (typeof eventType !== 'string') return false;
  if (passed.has(eventType)) {
    last = eventType;
    return true;
  }
  if (!form.test(eventType) || /^(pre|post)_$/i.test(eventType)) return false;
  if (passed.size < mostPassed) passed.add(eventType);
  return true;
};

/** What is wrong with an event, as far as that can be told at once. */
export const obviousFault = (eventType: unknown, agentId: unknown): Refused | undefined => {
  if (!isEventType(eventType)) return wrongType;
  return typeof agentId === 'string' && agentId.length > 0 && agentId.length <= 256 ? undefined : wrongAgent;
};
