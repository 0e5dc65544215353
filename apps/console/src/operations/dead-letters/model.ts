/** A record that could not be taken. */
export interface Letter {
  readonly partition: number;
  readonly offset: string;
  readonly died_at: string;
  readonly stage: string | null;
  readonly error_class: string | null;
  readonly message: string | null;
  readonly source: {
    readonly topic: string | null;
    readonly partition: string | null;
    readonly offset: string | null;
  };
  readonly key: string | null;
  readonly value_bytes: number;
  readonly redriven: boolean;
  readonly redriven_from: string | null;
}

export interface LetterList {
  readonly letters: readonly Letter[];
  readonly next_cursor: string | null;
}

export interface Bytes {
  readonly hex: string;
  readonly text: string | null;
}

/** A letter with its original key, bytes and headers. */
export interface ShownLetter {
  readonly letter: Letter;
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly headers: readonly (Bytes & { readonly name: string })[];
  readonly decoded: unknown;
}

/** What bringing letters back has done, or would do. */
export interface RedriveReport {
  readonly dry_run: boolean;
  readonly redriven: { readonly events: number; readonly spans: number };
  readonly done_before: number;
  readonly refused: number;
  readonly refusals: readonly { readonly letter: Letter; readonly reason: string }[];
  readonly more: boolean;
  readonly failure: string | null;
}

/** Which letters are to come back: some by their place, or all that fit. */
export type Redrive =
  { readonly letters: readonly string[] } | { readonly stage?: string; readonly error_class?: string };

/** What to do about letters of a stage. */
export const remedyOf = (stage: string | null): string => {
  switch (stage) {
    case 'decode':
      return 'The bytes are no event that this release knows. Run a release that knows the schema, or mend the producer; then bring it back.';
    case 'validate':
      return 'A field breaks a rule, or the key is not the trace_id. Mend the producer; bringing it back helps only where the rule has changed since.';
    case 'export':
      return 'The backend refused the spans for good. Mend the backend or its limits; then bring it back.';
    case null:
    default:
      return 'Nothing is known of why it died.';
  }
};

/** The place of a letter, as it is named everywhere. */
export const placeOfLetter = ({ partition, offset }: Letter): string => `${partition}/${offset}`;

const secretName = /authori[sz]ation|cookie|token|secret|password|passwd|api[-_]?key|credential/i;

/** Headers of producers may carry what nobody should read over a shoulder. */
export const isSecret = (header: string): boolean => secretName.test(header);

const bytesOfLine = 16;
const mostBytes = 4_096;

/** Bytes as hexadecimal lines with their text beside them; the first 4,096. */
export const hexLines = (hex: string): string => {
  const lines: string[] = [];
  const end = Math.min(hex.length / 2, mostBytes);
  for (let at = 0; at < end; at += bytesOfLine) {
    const digits = hex.slice(at * 2, (at + bytesOfLine) * 2).match(/../g) ?? [];
    const text = digits
      .map((pair) => Number.parseInt(pair, 16))
      .map((code) => (code >= 0x20 && code <= 0x7e ? String.fromCharCode(code) : '.'))
      .join('');
    const shown = digits.join(' ').padEnd(bytesOfLine * 3);
    lines.push(`${at.toString(16).padStart(6, '0')}  ${shown} ${text}`);
  }
  const left = hex.length / 2 - end;
  return left > 0 ? [...lines, `… ${left} bytes more`].join('\n') : lines.join('\n');
};
