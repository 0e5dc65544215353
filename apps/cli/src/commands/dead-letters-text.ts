import type { LetterJson } from '@kaizen-trace/gateway';
import { printable } from './table.js';

interface BytesView {
  readonly hex: string;
  readonly text: string | null;
}

/** A letter as the gateway shows it whole. */
export interface ShownView {
  readonly letter: LetterJson;
  readonly key: BytesView | null;
  readonly value: BytesView | null;
  readonly headers: readonly (BytesView & { readonly name: string })[];
  readonly decoded: unknown;
}

/** Column heads of a list. */
export const letterHead = ['LETTER', 'DIED', 'STAGE', 'ERROR', 'FROM', 'KEY', 'BYTES', 'BACK', 'MESSAGE'];

const sourceOf = ({ source: { topic, partition, offset } }: LetterJson): string =>
  `${topic ?? '?'}[${partition ?? '?'}] ${offset ?? '?'}`;

/** A row a letter. */
export const letterRows = (letters: readonly LetterJson[]): readonly (readonly string[])[] =>
  letters.map((letter) => [
    `${letter.partition}/${letter.offset}`,
    letter.died_at,
    letter.stage ?? '?',
    letter.error_class ?? '?',
    sourceOf(letter),
    letter.key ?? '-',
    String(letter.value_bytes),
    letter.redriven ? 'yes' : '-',
    letter.message ?? '',
  ]);

const shownBytes = 4_096;
const bytesOfLine = 16;

/** Bytes as hexadecimal lines with their text beside them; the first 4,096. */
const hexLines = (hex: string): readonly string[] => {
  const bytes = Buffer.from(hex.slice(0, shownBytes * 2), 'hex');
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesOfLine) {
    const line = bytes.subarray(at, at + bytesOfLine);
    const text = line.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    const digits = line.toString('hex').replace(/../g, '$& ');
    lines.push(`  ${at.toString(16).padStart(6, '0')}  ${digits.padEnd(bytesOfLine * 3)} ${text}`);
  }
  const left = hex.length / 2 - bytes.length;
  return left > 0 ? [...lines, `  … ${left} bytes more: --json has them all`] : lines;
};

const headerText = ({ text, hex }: BytesView): string => (text === null ? `hex ${hex}` : printable(text));

/** A whole letter, for people. */
export const describeLetter = ({ letter, key, value, headers, decoded }: ShownView): string => {
  const lines = [
    `letter    ${letter.partition}/${letter.offset}, died ${letter.died_at}${letter.redriven ? ', brought back since' : ''}`,
    `why       ${letter.stage ?? '?'}: ${letter.error_class ?? '?'}: ${printable(letter.message ?? '')}`,
    `from      ${printable(sourceOf(letter))}`,
  ];
  if (letter.redriven_from !== null)
    lines.push(`was       ${printable(letter.redriven_from)}, which was brought back and died again`);
  lines.push(`key       ${key === null ? '-' : headerText(key)}`, 'headers');
  for (const header of headers) lines.push(`  ${printable(header.name)}: ${headerText(header)}`);
  if (decoded !== null) {
    const text = JSON.stringify(decoded, undefined, 2).split('\n');
    lines.push('decoded', ...text.map((line) => `  ${printable(line)}`));
  }
  lines.push(`value     ${value === null ? 'none' : `${letter.value_bytes} bytes`}`);
  if (value !== null) lines.push(...hexLines(value.hex));
  return `${lines.join('\n')}\n`;
};
