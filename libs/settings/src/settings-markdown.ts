import type { Readable } from './setting.js';
import type { SettingsTable } from './read-settings.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const shownDefault = (row: Readable): string => {
  const text = row.default === undefined ? '' : row.parser.show(row.default as never);
  return text === '' ? '' : `\`${text}\``;
};

const line = (row: Readable): string => {
  const names = row.names.map((name) => `\`${name}\``).join(' or ');
  return `| ${cell(names)} | ${cell(shownDefault(row))} | ${cell(row.about)} |`;
};

/** The table as Markdown, one line a row, each variable once, in the table's order. Ends with a line break. */
export const settingsMarkdown = (table: SettingsTable): string => {
  const rows = new Map<string, Readable>();
  for (const entry of Object.values(table.entries)) {
    const found = entry.type === 'group' ? Object.values(entry.rows) : [entry];
    for (const row of found) if (!rows.has(row.names[0])) rows.set(row.names[0], row);
  }
  return ['| variable | default | what it sets |', '|---|---|---|', ...[...rows.values()].map(line), ''].join(
    '\n',
  );
};
