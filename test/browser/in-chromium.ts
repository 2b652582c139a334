import { afterAll, beforeAll, describe } from '@jest/globals';
import { findChromium, launchChromium, type Browser } from './chromium.ts';

/** Tests in one headless browser. Without Chromium they are skipped with a warning; with CI=true that is an error. */
export function describeInChromium(title: string, tests: (browser: Pick<Browser, 'open'>) => void): void {
  const path = findChromium();
  if (path === undefined) {
    const missing = 'no Chromium found: install it, or set CHROMIUM to its path';
    if (process.env['CI'] === 'true') throw new Error(missing);
    console.warn(`browser tests skipped: ${missing}`);
    describe.skip(title, () => tests({ open: () => Promise.reject(new Error(missing)) }));
    return;
  }
  describe(title, () => {
    let launched: Browser;
    beforeAll(async () => {
      launched = await launchChromium(path);
    });
    afterAll(() => launched.close());
    tests({ open: (...args) => launched.open(...args) });
  });
}
