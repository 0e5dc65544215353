import { run } from './run-cli.js';

/** One check of the doctor, as its JSON has it. */
export interface ExaminedCheck {
  readonly name: string;
  readonly outcome: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** What `doctor --json` found. */
export interface Examined {
  readonly checks: readonly ExaminedCheck[];
  /** The first check of that name. */
  readonly check: (name: string) => ExaminedCheck;
  /** All checks of that name, each in a line: outcome, detail, remedy. */
  readonly lines: (name: string) => string;
}

/** Places where nothing is, for what a test does not look at. */
const nowhere = { KAIZEN_GATEWAY_URL: 'http://127.0.0.1:1', JAEGER_PORT: '1', KAIZEN_QUERY_PORT: '1' };

/** Runs the doctor with these variables. */
export const examine = async (
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Examined> => {
  const { stdout, stderr } = await run(['doctor', '--json', ...args], { env: { ...nowhere, ...env } });
  if (stdout === '') throw new Error(stderr);
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly ExaminedCheck[] };
  return {
    checks,
    check: (name) => checks.find((check) => check.name === name)!,
    lines: (name) =>
      checks
        .filter((check) => check.name === name)
        .map(({ outcome, detail, remedy = '' }) => `${outcome}: ${detail}. ${remedy}`)
        .join('\n'),
  };
};
