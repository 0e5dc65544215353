import type { EventReceiver } from '../receiver.js';
import type { TellProblem } from '../tracing/problems.js';
import { runStorage } from './run-storage.js';

/** For whom an event is told, and to whom. */
export interface Speaker {
  readonly receiver: EventReceiver;
  readonly agentId: string;
  readonly serviceName: string | undefined;
  readonly tellProblem: TellProblem;
  /** Those whose hooks the receiver tells already, where it is more than one. */
  readonly told?: readonly EventReceiver[];
}

/** The run, and the operation of it, that the code at hand belongs to; carried across awaits, timers and callbacks. */
export interface Run {
  readonly traceId: string;
  /** The operation that the code runs under, which may be one of another process; undefined: none, or a foreign one. */
  readonly callId: string | undefined;
  /** The span id that a foreign caller sent, to be handed on where nothing of ours lies between. */
  readonly foreignParent: string | undefined;
  /** What other vendors' `tracestate` came with the run; ours is not in it. */
  readonly tracestate: readonly string[];
  /** Undefined where a run was continued before anybody listened. */
  readonly speaker: Speaker | undefined;
}

/** The run that this code belongs to. */
export const currentRun = (): Run | undefined => runStorage().getStore() as Run | undefined;

/** Calls `body` as part of the run; so does what it starts and does not wait for. */
export const within = <Value>(run: Run, body: () => Value): Value => runStorage().run(run, body);
