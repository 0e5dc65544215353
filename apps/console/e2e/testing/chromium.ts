import { accessSync, constants } from 'node:fs';
import { describe } from '@jest/globals';
import { leaveOut, realPartsRequired } from '@kaizen-trace/testkit';

const debian = '/usr/bin/chromium';

/** The browser to test with: `CHROME_PATH`, else Debian's package; none where neither is there. */
export const chromiumPath = (): string | undefined =>
  [process.env.CHROME_PATH, debian].find((path) => {
    if (path === undefined || path === '') return false;
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * A `describe` for tests that need a browser. Where there is none the output says which tests are left out, and they do
 * not count as passed; with `REQUIRE_REAL=1` the file fails instead.
 */
export const describeChromium = (name: string, body: () => void): void => {
  if (chromiumPath() !== undefined) {
    describe(name, body);
    return;
  }
  const reason = `no Chromium: CHROME_PATH names none, and Debian's package is not installed`;
  if (realPartsRequired()) throw new Error(reason);
  leaveOut(name, reason, body);
};
