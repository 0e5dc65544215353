import { openCallsInMemory, type OpenCalls } from '@kaizen-trace/sources';
import type { EventReceiver } from '../../receiver.js';
import type { AdapterOptions } from '../framework/options.js';

/** What the adapter of the Claude Agent SDK takes beside what every adapter takes. */
export interface ClaudeAgentOptions extends Omit<AdapterOptions, 'maxContentLength' | 'maxOpenOperations'> {
  /** What one trace is: a whole `session` (the default), whose id is the trace's, or each `prompt`. */
  readonly trace?: 'session' | 'prompt' | undefined;
  readonly serviceName?: string | undefined;
}

const open = new WeakMap<EventReceiver, OpenCalls>();

/**
 * What is open in the sessions of one receiver: the hooks and the messages of one query know of each other by it, and a
 * session that is resumed in this process goes on where it was.
 */
export const openCallsOf = (receiver: EventReceiver): OpenCalls => {
  const known = open.get(receiver);
  if (known !== undefined) return known;
  const calls = openCallsInMemory();
  open.set(receiver, calls);
  return calls;
};
