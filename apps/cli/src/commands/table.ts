const longestCell = 80;

/** Text as one line of a terminal: what could move the cursor or change its colours is shown as U+FFFD. */
export const printable = (text: string): string => text.replace(/\p{C}/gu, '\ufffd');

const cell = (text: string): string => {
  const shown = printable(text);
  return shown.length <= longestCell ? shown : `${shown.slice(0, longestCell - 1)}…`;
};

/** Rows under a head, in columns as wide as their widest cell; cells over 80 characters are cut. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = [head, ...rows.map((row) => row.map(cell))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(
      (row) =>
        row
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
};

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const two = (value: number): string => String(value).padStart(2, '0');

/** An age for people: `8.3s`, `4m12s`, `2h05m` or `3d04h`. */
export const ageText = (milliseconds: number): string => {
  const seconds = milliseconds / 1_000;
  if (seconds < minute) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  if (whole < hour) return `${Math.floor(whole / minute)}m${two(whole % minute)}s`;
  if (whole < day) return `${Math.floor(whole / hour)}h${two(Math.floor((whole % hour) / minute))}m`;
  return `${Math.floor(whole / day)}d${two(Math.floor((whole % day) / hour))}h`;
};
