import { linkStart } from './run-link.ts';

export interface Refused {
  /** The trace that was asked for, if it was only one. */
  traceId: string | undefined;
  /** Whether the browser has a token, which is not valid. */
  isStale: boolean;
  /** Whether the traces end with the process that serves them. */
  hasTraces: boolean;
}

const EARLIER_TRACES = `Its runs and traces were in its memory and ended with it: none of them can be shown any more. Run the Pipeline again to
        see it here.`;
const EARLIER_VIEWER =
  'The traces are in Jaeger as before; each start of <code>tektrace viewer</code> makes a new token.';

/** How to get in, for a browser that came without a valid token; for one of an earlier start, what has become of its traces. */
export function loginPage({ traceId, isStale, hasTraces }: Refused): string {
  const title = isStale
    ? 'This address is from a Tektrace that has ended'
    : 'These traces open with a link that has their token';
  const why = isStale
    ? `${hasTraces ? EARLIER_TRACES : EARLIER_VIEWER} (If it has not ended, the address is not complete.)`
    : 'This browser has none.';
  // The only text from outside is an id of 32 hex digits.
  const id = /^[0-9a-f]{32}$/.exec(traceId ?? '')?.[0];
  const ofRun =
    id !== undefined && hasTraces && !isStale
      ? `<h2>The link to this one trace</h2>
      <p>is an annotation of its run. With the cluster's <code>KUBECONFIG</code>, kubectl prints it:</p>
      <pre><code>kubectl get pipelineruns,taskruns -A -o yaml | grep '${linkStart(id)}'</code></pre>
      <p>Without output the run is gone: runs and traces end with the Tektrace that has them.</p>`
      : '';
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title} · Tektrace</title>
    <link rel="icon" href="/page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/page/style.css" />
    <link rel="stylesheet" href="/page/login.css" />
  </head>
  <body>
    <main class="login">
      <h1>${title}</h1>
      <p>${why}</p>
      <h2>The link to all traces${isStale ? ' of the one that runs now' : ''}</h2>
      <p>
        is in the terminal where Tektrace runs (<code>npm start</code>, <code>tektrace up</code>, <code>tektrace viewer</code>), in the lines that it
        printed first. It ends with <code>?token=…</code>. Open it once, and this browser may see everything until Tektrace ends.
      </p>
      ${ofRun}
    </main>
  </body>
</html>
`;
}
