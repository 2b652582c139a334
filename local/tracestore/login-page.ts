import { linkStart } from './run-link.ts';

/** How to get in, for a browser that came without a valid token. `traceId` is the trace that it asked for, if it was only one. */
export function loginPage(traceId: string | undefined): string {
  // The only text from outside is an id of 32 hex digits.
  const id = /^[0-9a-f]{32}$/.exec(traceId ?? '')?.[0];
  const ofRun = id
    ? `<h2>The link to this one trace</h2>
      <p>is an annotation of its run. With the cluster's <code>KUBECONFIG</code>, kubectl prints it:</p>
      <pre><code>kubectl get pipelineruns,taskruns -A -o yaml | grep '${linkStart(id)}'</code></pre>`
    : '';
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>How to get in · Tektrace</title>
    <link rel="icon" href="/page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/page/style.css" />
    <link rel="stylesheet" href="/page/list.css" />
  </head>
  <body>
    <main class="login">
      <h1>These traces open with a link that has their token</h1>
      <p>This browser has none, or one of a Tektrace that has ended: each start makes new tokens.</p>
      <h2>The link to all traces</h2>
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
