import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser to test with: CHROMIUM, else one that is installed; undefined without any. */
export function findChromium(): string | undefined {
  return process.env['CHROMIUM'] ?? CANDIDATES.find((path) => existsSync(path));
}

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
}

interface Evaluation {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
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
}

export interface Browser {
  open(url: string, view?: { width: number; height: number; dark?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

type Send = <T>(method: string, params?: Record<string, unknown>, sessionId?: string) => Promise<T>;

async function connect(url: string, onEvent: (message: Message) => void): Promise<{ send: Send; close: () => void }> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`cannot connect to the browser at ${url}`)));
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  socket.addEventListener('message', (event) => {
    const message = JSON.parse(String(event.data)) as Message;
    const call = waiting.get(message.id ?? 0);
    if (!call) {
      onEvent(message);
      return;
    }
    waiting.delete(message.id ?? 0);
    if (message.error) call.reject(new Error(message.error.message));
    else call.resolve(message.result as never);
  });
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser closed the connection'));
  });
  const send: Send = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
  return { send, close: () => socket.close() };
}

function complaintOf({ method, params = {} }: Message): string | undefined {
  if (method === 'Runtime.exceptionThrown') return JSON.stringify(params['exceptionDetails']);
  const { level, text } = (params['entry'] ?? {}) as { level?: string; text?: string };
  return method === 'Log.entryAdded' && level === 'error' ? text : undefined;
}

/** What is looked for may be on the next page: a look that a navigation cut short is made again. */
function falseIfNavigated(error: unknown): boolean {
  if (error instanceof Error && /navigated|context was destroyed|Cannot find context/.test(error.message)) return false;
  throw error;
}

function drive(send: Send, sessionId: string, complaints: string[]): Page {
  const evaluate = async <T>(expression: string): Promise<T> => {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await send<Evaluation>('Runtime.evaluate', params, sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  };
  return {
    evaluate,
    until: async (expression) => {
      const look = `new Promise((resolve) => {
        const look = () => (${expression}) ? resolve(true) : requestAnimationFrame(look);
        look();
      })`;
      for (let met = false; !met;) met = await evaluate<boolean>(look).catch(falseIfNavigated);
    },
    press: async (key) => {
      const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...(text !== undefined && { text }) }, sessionId);
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key }, sessionId);
    },
    screenshot: async () => {
      const { data } = await send<{ data: string }>('Page.captureScreenshot', { format: 'png' }, sessionId);
      return Buffer.from(data, 'base64');
    },
    complaints,
  };
}

/** Starts a headless browser with a new profile. */
export async function launchChromium(path: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'tektrace-browser-'));
  const child = spawn(
    path,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-dev-shm-usage',
      '--hide-scrollbars',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    exited.then(
      () => reject(new Error(`${path} ended before it could be driven`)),
      (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
    );
  });
  const complaintsOf = new Map<string, string[]>();
  const { send, close } = await connect(address, (message) => {
    const complaint = complaintOf(message);
    if (complaint !== undefined) complaintsOf.get(message.sessionId ?? '')?.push(complaint);
  });
  return {
    open: async (url, { width, height, dark = false } = { width: 1280, height: 900 }) => {
      const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
      const attach = { targetId, flatten: true };
      const { sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', attach);
      const complaints: string[] = [];
      complaintsOf.set(sessionId, complaints);
      await send('Runtime.enable', {}, sessionId);
      await send('Log.enable', {}, sessionId);
      await send('Page.enable', {}, sessionId);
      const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
      await send('Emulation.setDeviceMetricsOverride', metrics, sessionId);
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
      await send('Emulation.setEmulatedMedia', { features }, sessionId);
      const page = drive(send, sessionId, complaints);
      await send('Page.navigate', { url }, sessionId);
      await page.until('document.readyState === "complete"');
      return page;
    },
    close: async () => {
      await send('Browser.close').catch(() => child.kill('SIGKILL'));
      close();
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
