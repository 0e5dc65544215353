import { describe } from '@jest/globals';

/** Names tests that cannot run here, and why: on the console, and among the skipped, which CI counts as failures. */
export const leaveOut = (name: string, reason: string, body: () => void): void => {
  console.warn(`LEFT OUT: ${name}\n  ${reason}`);
  describe.skip(`${name} (left out: ${reason})`, body);
};

/** The first lines of what an installer said; an error of the runner's outer world is no instance of this one's Error. */
export const firstLines = (error: unknown): string => String(error).split('\n').slice(0, 2).join(' ');
