import type { ConsoleFile } from './console-files.js';

/** What stands at `/` where the console was not built. Has neither scripts nor styles, which the policy would refuse. */
export const missingPage: ConsoleFile = {
  contentType: 'text/html; charset=utf-8',
  body: Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kaizen-trace</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"></head>
<body><h1>kaizen-trace</h1>
<p>The console has not been built. In the project’s folder, run <code>npm run build</code>, then load this page again.</p>
<p>This service runs, and answers Jaeger’s query API: <a href="/api/services"><code>/api/services</code></a>,
<code>/api/services/{service}/operations</code>, <code>/api/traces?service=…</code>, <code>/api/traces/{traceID}</code>.</p>
</body></html>
`),
};
