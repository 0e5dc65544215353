import { accessSync, constants } from 'node:fs';

const debian = '/usr/bin/chromium';

/** The browser to test with: `CHROME_PATH`, else Debian's package; none where neither is there. */
export const chromiumPath = (): string | undefined => {
  for (const path of [process.env.CHROME_PATH, debian]) {
    if (path === undefined || path === '') continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next.
    }
  }
  return undefined;
};
