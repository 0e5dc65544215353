import { anySpeaker } from './speakers.js';
import { createTrace, type Trace } from './trace.js';

/**
 * Wraps functions for whichever agent they are called under; called under none, they speak for the agent that was enabled
 * first. An agent's own `trace` speaks for that agent wherever its functions are called.
 */
export const trace: Trace = createTrace(anySpeaker);
