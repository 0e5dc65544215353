/** What one look found: `skipped` where there was nothing to look at, `warned` of what is allowed and easily a mistake. */
export interface Check {
  readonly name:
    'log' | 'gateway' | 'otlp' | 'query' | 'pipeline' | 'letters' | 'settings' | 'trace' | 'spool';
  readonly outcome: 'ok' | 'warned' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do; on failures and warnings only. */
  readonly remedy?: string;
}

/** How long one look may take, in milliseconds. */
export const checkTimeoutMs = 5_000;

const marks = { ok: '✓', warned: '!', failed: '✗', skipped: '–' } as const;

/** A check in one line. */
export const describeCheck = ({ name, outcome, detail, remedy }: Check): string =>
  `${marks[outcome]} ${name.padEnd(8)} ${detail}${remedy === undefined ? '' : `${/[.?!]$/.test(detail) ? '' : '.'} ${remedy}`}`;
