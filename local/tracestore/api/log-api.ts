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

/** In pieces of at most `MAX_LINE` characters, at least one. */
function inPieces(line: string): string[] {
  const pieces = [line.slice(0, MAX_LINE)];
  for (let at = MAX_LINE; at < line.length; at += MAX_LINE) pieces.push(line.slice(at, at + MAX_LINE));
  return pieces;
}

/** Of a line that has not ended, this much is sent: it is sent anew with each change. */
const MAX_UNFINISHED = 4000;

/** A line as it is now, before it has its end: a question to the user, or a progress bar. Without colours; '' while an escape sequence is open. */
const unfinished = (line: string): string => (createLogText(false).line(line)[0] ?? '').slice(0, MAX_UNFINISHED);

/** The lines of a log that came in pieces of any length, safe to show. */
class Lines {
  readonly #decoder = new TextDecoder();
  readonly #safe = createLogText(true);
  #rest = '';
  /** What was sent of a line that has not ended. */
  #sent = '';

  /** What to send for `content`. What was sent of a line is replaced: its new state follows a carriage return. */
  add(content: Buffer): string {
    const lines = (this.#rest + this.#decoder.decode(content, { stream: true })).split('\n').flatMap(inPieces);
    this.#rest = lines.pop() ?? '';
    const now = unfinished(this.#rest);
    return this.#replace(asText(lines.flatMap((line) => this.#safe.line(line))), now);
  }

  end(): string {
    const rest = this.#rest + this.#decoder.decode();
    return this.#replace(asText([...(rest === '' ? [] : this.#safe.line(rest)), ...this.#safe.end()]), '');
  }

  #replace(lines: string, now: string): string {
    if (lines === '' && now === this.#sent) return '';
    const before = this.#sent === '' ? '' : '\r';
    this.#sent = now;
    return before + lines + now;
  }
}

/**
 * A log in lines that are safe to show: of escape sequences only colours are left. A line that has not ended is sent as it is now; a carriage return
 * begins it anew. What was read before an error of the source comes before the error.
 */
export async function* logText(log: ReturnType<typeof newest>): AsyncGenerator<string> {
  let lines = new Lines();
  let failure: { error: unknown } | undefined;
  try {
    for await (const { content, dropped } of log) {
      if (dropped > 0) {
        yield `${lines.end()}… ${dropped} bytes before this are not shown\n`;
        lines = new Lines();
      }
      const text = lines.add(content);
      if (text !== '') yield text;
    }
  } catch (error) {
    failure = { error };
  }
  const last = lines.end();
  if (last !== '') yield last;
  if (failure) throw failure.error;
}

async function send(response: Response, text: string): Promise<void> {
  if (!response.write(text) && !response.closed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * `GET /api/log/ID/ROW`: the newest 5 MiB of the log of a step, init container or sidecar as text, then what it adds, until the container ends or the
 * client leaves (`logText`). 404 with the reason where it can't be read.
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
