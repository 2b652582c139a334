import { existsSync } from 'node:fs';
import { chromium, type Page as PlaywrightPage } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser to test with: CHROMIUM, else one that is installed; undefined without any. */
export function findChromium(): string | undefined {
  return process.env['CHROMIUM'] ?? CANDIDATES.find((path) => existsSync(path));
}

export interface Page {
  /** The value of a JavaScript expression in the page; promises are awaited, exceptions rethrown here. */
  evaluate<T>(expression: string): Promise<T>;
  /** Resolves once the expression is truthy, on this page or one it leads to. */
  until(expression: string): Promise<void>;
  press(key: string): Promise<void>;
  screenshot(): Promise<Buffer>;
  /** What the page logged as errors or refused by its Content-Security-Policy. */
  complaints: string[];
  playwright: PlaywrightPage;
}

export interface Browser {
  /** A new page in a profile of its own, without cookies. */
  open(url: string, view?: { width: number; height: number; dark?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

/** What is awaited may be on the next page: an evaluation that a navigation ended is repeated. */
function falseIfNavigated(error: unknown): boolean {
  if (error instanceof Error && /navigation|context was destroyed/.test(error.message)) return false;
  throw error;
}

/** In the page, because Playwright's waitForFunction needs `eval`, which the page's Content-Security-Policy forbids. */
const whenTrue = (expression: string): string => `new Promise((resolve) => {
  const check = () => (${expression}) ? resolve(true) : requestAnimationFrame(check);
  check();
})`;

/** Starts a headless browser. The tests' own limit is the only one: a slow machine fails no single wait. */
export async function launchChromium(path: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: path,
    timeout: 0,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars'],
  });
  return {
    open: async (url, { width, height, dark = false } = { width: 1280, height: 900 }) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
      page.setDefaultTimeout(0);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(url);
      return {
        evaluate: (expression) => page.evaluate(expression),
        until: async (expression) => {
          for (let met = false; !met;) met = await page.evaluate<boolean>(whenTrue(expression)).catch(falseIfNavigated);
        },
        press: (key) => page.keyboard.press(key),
        screenshot: () => page.screenshot(),
        complaints,
        playwright: page,
      };
    },
    close: () => browser.close(),
  };
}
