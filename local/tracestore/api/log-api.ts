import { once } from 'node:events';
import express, { type Response, type Router } from 'express';
import { createLogText } from '../../../shared/text/log-text.ts';
import { logPlaceOf, type LogSource } from '../../viewer/log-place.ts';
import { findRow } from './find-row.ts';
import { HttpError } from './http-error.ts';
import { newest } from './newest.ts';
import type { Views } from '../views/views.ts';

/** The page shows this much of a log. */
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/** Longer lines are shown in pieces. */
const MAX_LINE = 64 * 1024;

const asText = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');

/** A log in whole lines that are safe to show: of escape sequences only colours are left. */
export async function* logText(log: ReturnType<typeof newest>): AsyncGenerator<string> {
  let decoder = new TextDecoder();
  let safe = createLogText(true);
  let rest = '';
  for await (const { content, dropped } of log) {
    if (dropped > 0) {
      yield asText([
        ...(rest === '' ? [] : safe.line(rest)),
        ...safe.end(),
        `… ${dropped} bytes before this are not shown`,
      ]);
      [decoder, safe, rest] = [new TextDecoder(), createLogText(true), ''];
    }
    const lines = (rest + decoder.decode(content, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) lines.push(rest.slice(0, MAX_LINE));
    const shown = asText(lines.flatMap((line) => safe.line(line)));
    if (shown !== '') yield shown;
  }
  const last = asText([...(rest === '' ? [] : safe.line(rest)), ...safe.end()]);
  if (last !== '') yield last;
}

async function send(response: Response, text: string): Promise<void> {
  if (!response.write(text) && !response.closed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * `GET /api/log/ID/ROW`: the newest 5 MiB of the log of a step, init container or sidecar as text, then what it adds, until the container ends or the
 * client leaves. 404 with the reason where it can't be read.
 */
export function logRouter(views: Views, logs: LogSource): Router {
  const router = express.Router();
  router.get('/api/log/:id/:row', async (request, response) => {
    const { waterfall, row } = await findRow(views, request);
    const place = logPlaceOf(waterfall.rows, row);
    if (!place) throw new HttpError(404, `the trace does not say which container ${JSON.stringify(row.name)} was`);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.status(200).type('text/plain');
    try {
      for await (const text of logText(newest(logs(place, { follow: true }, gone.signal), MAX_LOG_BYTES))) {
        await send(response, text);
        if (gone.signal.aborted) return;
      }
    } catch (error) {
      if (gone.signal.aborted) return;
      // The node's message is for a user: the container waits, the Pod is not known.
      if (!response.headersSent) throw new HttpError(404, messageOf(error));
      await send(response, `[the log ends here: ${messageOf(error)}]\n`);
    }
    response.end();
  });
  return router;
}
