import type { ProblemKind } from './sender/job.js';
import { atMostOnceAMinute } from './sender/tell.js';

/** Tells problems, each kind at most once a minute, and remembers the last. Never throws. */
export class Problems {
  readonly #onProblem: (message: string) => void;
  readonly #mayTell = atMostOnceAMinute();
  #last: string | undefined;

  constructor(onProblem: (message: string) => void) {
    this.#onProblem = onProblem;
  }

  /** The last problem, whether it was told or not. */
  get last(): string | undefined {
    return this.#last;
  }

  tell(kind: ProblemKind, message: string): void {
    this.#last = message;
    if (!this.#mayTell(kind)) return;
    try {
      this.#onProblem(`kaizen-trace: ${message}`);
    } catch {
      // Whoever listens may fail; the agent does not notice.
    }
  }
}
