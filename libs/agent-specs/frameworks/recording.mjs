/**
 * What the recorders share: the adapter under test, a receiver that prints each event as one line of JSON, and waiting.
 * `node record-NAME.mjs URL_OF_THE_ADAPTER [content]`.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const [, , url, content] = process.argv;

/** What the SDK exports for this framework. */
export const adapter = await import(url);

/** What every recorder gives its adapter. */
export const options = {
  receiver: { handle: (event) => process.stdout.write(`${JSON.stringify(event)}\n`) },
  captureContent: content === 'content',
  onProblem: (message) => {
    throw new Error(message);
  },
};

/** Long enough that what runs side by side ends in one order. */
export const after = (step) => sleep(step * 40);

/** Runs what is to fail; gives the name of what was thrown. */
export const failing = async (run) => {
  try {
    await run();
  } catch (error) {
    return error.name;
  }
  throw new Error('it did not fail');
};
