import { problemTeller, type OnProblem, type TellProblem } from '../tracing/problems.js';
import type { ProblemKind } from './sender/job.js';

/** Tells problems, each kind at most once a minute, and remembers the last. Never throws. */
export class Problems {
  readonly #tell: TellProblem;
  #last: string | undefined;

  constructor(onProblem: OnProblem) {
    this.#tell = problemTeller(onProblem);
  }

  /** The last problem, whether it was told or not. */
  get last(): string | undefined {
    return this.#last;
  }

  tell(kind: ProblemKind, message: string): void {
    this.#last = message;
    this.#tell(kind, message);
  }
}
