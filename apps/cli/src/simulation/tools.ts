import type { Fields } from '@kaizen-trace/contracts';
import type { Random } from './random.js';

/** A tool as an agent calls it. Texts may hold `{topic}` and `{angle}`, filled in for each call. */
export interface Tool {
  readonly name: string;
  readonly typicalMs: number;
  readonly input: (random: Random) => Fields;
  readonly output: (random: Random) => Fields;
  readonly failure: Failure;
  /** Needs a permission before it runs. */
  readonly guarded?: boolean;
}

/** How a tool fails: type and message of its error, and the frame in which it was thrown. */
export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly frame: string;
}

/** The failure of a tool whose service did not answer. */
export const timedOut = (frame: string): Failure => ({
  type: 'TimeoutError',
  message: 'no answer from the upstream service within 10000 ms',
  frame,
});

/** Searches the web. */
export const webSearch: Tool = {
  name: 'web_search',
  typicalMs: 900,
  input: (random) => ({ query: '{topic} {angle}', limit: random.pick([5, 10, 20]), languages: ['en', 'de'] }),
  output: (random) => ({ result_count: random.between(3, 20), top_score: random.between(610, 980) / 1000 }),
  failure: {
    type: 'RateLimitError',
    message: 'search quota exceeded, retry in 30 s',
    frame: 'search (tools/web.ts:41:11)',
  },
};

/** Reads a page of the web. */
export const fetchPage: Tool = {
  name: 'fetch_page',
  typicalMs: 1400,
  input: (random) => ({ url: `https://library.example/articles/${random.hex(6)}`, timeout_ms: 10_000 }),
  output: (random) => ({ status: 200, bytes: random.between(8_000, 240_000), content_type: 'text/html' }),
  failure: timedOut('fetchPage (tools/web.ts:88:9)'),
};

/** Asks the warehouse; needs a permission. */
export const runSql: Tool = {
  name: 'run_sql',
  typicalMs: 650,
  guarded: true,
  input: () => ({
    statement: 'select year, region, sum(amount) from observations where topic = $1 group by 1, 2',
    parameters: { topic: '{topic}', angle: '{angle}' },
  }),
  output: (random) => ({ rows: random.between(4, 1_800), cached: random.chance(0.3) }),
  failure: {
    type: 'QueryError',
    message: 'column "region" does not exist',
    frame: 'runSql (tools/warehouse.ts:27:13)',
  },
};

/** Draws a chart. */
export const plotChart: Tool = {
  name: 'plot_chart',
  typicalMs: 1100,
  input: (random) => ({ title: '{topic}: {angle}', kind: random.pick(['line', 'bar', 'scatter']) }),
  output: (random) => ({ file: `charts/${random.hex(4)}.svg`, width: 960, height: 540 }),
  failure: {
    type: 'RangeError',
    message: 'the series has no values',
    frame: 'plot (tools/charts.ts:112:15)',
  },
};

/** Changes the report that all write. */
export const editDocument: Tool = {
  name: 'edit_document',
  typicalMs: 450,
  input: (random) => ({
    document: 'report.md',
    section: '{angle}',
    mode: random.pick(['append', 'replace']),
  }),
  output: (random) => ({ words: random.between(80, 900), revision: random.between(2, 60) }),
  failure: {
    type: 'ConflictError',
    message: 'report.md was changed by another agent since revision 17',
    frame: 'apply (tools/document.ts:63:10)',
  },
};

/** Asks whether a source says what is claimed. */
export const checkCitation: Tool = {
  name: 'check_citation',
  typicalMs: 700,
  input: (random) => ({ claim: '{angle}', source: `doi:10.5555/${random.hex(8)}` }),
  output: (random) => ({ supported: random.chance(0.85), confidence: random.between(70, 99) / 100 }),
  failure: timedOut('resolve (tools/citations.ts:19:7)'),
};

/** Reads an order. */
export const lookUpOrder: Tool = {
  name: 'look_up_order',
  typicalMs: 300,
  input: (random) => ({
    order_number: `A-${random.between(10_000, 99_999)}`,
    include: ['items', 'payments'],
  }),
  output: (random) => ({ state: random.pick(['paid', 'sent', 'returned']), items: random.between(1, 6) }),
  failure: timedOut('getOrder (tools/orders.ts:33:9)'),
};

/** Pays money back; needs a permission. */
export const issueRefund: Tool = {
  name: 'issue_refund',
  typicalMs: 1500,
  guarded: true,
  input: (random) => ({ amount: random.between(500, 24_000) / 100, currency: 'EUR', reason: '{angle}' }),
  output: (random) => ({ refund_id: `re_${random.hex(10)}`, settled: false }),
  failure: {
    type: 'PaymentError',
    message: 'the card issuer declined the refund',
    frame: 'refund (tools/payments.ts:74:11)',
  },
};

/** Fills `{topic}` and `{angle}` into every string of the fields, nested ones too. */
export const fillIn = (fields: Fields, words: { readonly topic: string; readonly angle: string }): Fields => {
  const text = (value: string): string =>
    value.includes('{') ? value.replaceAll('{topic}', words.topic).replaceAll('{angle}', words.angle) : value;
  const filled: Record<string, Fields[string]> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'string') filled[key] = text(value);
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      filled[key] = fillIn(value as Fields, words);
    } else filled[key] = value;
  }
  return filled;
};
