/** The page's only script, so that the policy can name it by its hash. */
export const pageScript = `
const escapeText = (text) => Object.assign(document.createElement('span'), { textContent: text }).innerHTML;
const get = async (path) => (await (await fetch(path)).json()).data ?? [];
const shown = (micros) => micros < 1000 ? micros + ' µs' : micros < 1e6 ? (micros / 1000).toFixed(1) + ' ms'
  : micros < 6e7 ? (micros / 1e6).toFixed(2) + ' s' : (micros / 6e7).toFixed(1) + ' min';
const row = (trace) => {
  const start = Math.min(...trace.spans.map((span) => span.startTime));
  const end = Math.max(...trace.spans.map((span) => span.startTime + span.duration));
  const root = trace.spans.find((span) => span.references.length === 0) ?? trace.spans[0];
  const failed = trace.spans.filter((span) => span.tags.some((tag) => tag.key === 'error' && tag.value === true)).length;
  return { start, html: '<tr><td><a href="/api/traces/' + trace.traceID + '?prettyPrint=true">'
    + escapeText(root.operationName) + '</a></td><td>' + escapeText(trace.processes[root.processID].serviceName)
    + '</td><td class=n>' + trace.spans.length + '</td><td class=n>' + (failed || '') + '</td><td class=n>'
    + shown(end - start) + '</td><td>' + new Date(start / 1000).toLocaleString() + '</td></tr>' };
};
const show = async () => {
  const services = await get('/api/services');
  document.getElementById('services').innerHTML = services.length === 0 ? 'No traces yet.' : services.map((name) =>
    '<a href="/api/traces?limit=20&service=' + encodeURIComponent(name) + '">' + escapeText(name) + '</a>').join(' ');
  const lists = await Promise.all(services.slice(0, 10).map((name) =>
    get('/api/traces?limit=10&service=' + encodeURIComponent(name))));
  const traces = new Map(lists.flat().map((trace) => [trace.traceID, trace]));
  document.getElementById('traces').innerHTML = [...traces.values()].map(row).sort((a, b) => b.start - a.start)
    .slice(0, 20).map(({ html }) => html).join('');
};
show().catch((error) => { document.getElementById('services').textContent = String(error); });
`;

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin-top: 2rem; }
#services a { display: inline-block; margin: 0 .8rem .4rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; } .n { text-align: right; }
code { background: #8882; padding: .1rem .3rem; border-radius: .2rem; }
`;

/** Where the API is, which services there are and the newest traces. Loads nothing from elsewhere. */
export const startPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kaizen-trace</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${style}</style></head>
<body><h1>kaizen-trace</h1>
<p>This is the trace store. It answers Jaeger’s query API: <code>/api/services</code>,
<code>/api/services/{service}/operations</code>, <code>/api/traces?service=…</code>, <code>/api/traces/{traceID}</code>.</p>
<h2>Services</h2><p id="services">…</p>
<h2>Newest traces</h2><table><thead><tr><th>Operation</th><th>Service</th><th class=n>Spans</th><th class=n>Errors</th>
<th class=n>Duration</th><th>Start</th></tr></thead><tbody id="traces"></tbody></table>
<script>${pageScript}</script></body></html>
`;

/** The page's only style, so that the policy can name it by its hash. */
export const pageStyle = style;
