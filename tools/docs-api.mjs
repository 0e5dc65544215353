/**
 * Writes docs/api from the docstrings of what the agent SDK exports, one page for each entry of its package.json; with
 * --check it only compares, and exits 1 where a page is out of date. Exits 1 too where an export has no docstring, shows
 * a type that nobody can import, or links to nothing.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { Application, ReflectionKind } from 'typedoc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/api');
const source = '@kaizen-trace/source';

const { name, exports } = JSON.parse(readFileSync(join(root, 'libs/agent/package.json'), 'utf8'));
/** Each entry by the file that documents it. */
const entries = Object.entries(exports)
  .filter(([, where]) => source in Object(where))
  .map(([path, where]) => ({
    title: path === '.' ? name : `${name}/${path.slice('./'.length)}`,
    page: path === '.' ? 'agent.md' : `${path.slice('./'.length)}.md`,
    file: join('libs/agent', where[source]),
  }));

const options = {
  entryPoints: entries.map(({ file }) => file),
  basePath: root,
  tsconfig: join(root, 'tsconfig.check.json'),
  plugin: ['typedoc-plugin-markdown'],
  name,
  readme: 'none',
  alwaysCreateEntryPointModule: true,
  // A line number in a page would make every edit of a source an edit of the page.
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
  excludeInternal: true,
  skipErrorChecking: true,
  sort: ['source-order'],
  groupOrder: ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases', '*'],
  router: 'module',
  hideGenerator: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: false,
  indexFormat: 'table',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: { hideSources: true, hideInherited: true, hideModifiers: true, hideOverrides: true },
  // Short names for what their own pages show in full.
  intentionallyNotExported: ['Callable', 'followed', 'Metadata', 'Tags'],
  validation: { notExported: true, invalidLink: true, notDocumented: false, rewrittenLink: false },
  treatValidationWarningsAsErrors: true,
  logLevel: 'Warn',
};

const isDocumented = (reflection) =>
  reflection.hasComment() || (reflection.signatures ?? []).some((signature) => signature.hasComment());

/** The exports, and the methods of exported classes, that have no docstring. */
const undocumented = (module) =>
  (module.children ?? [])
    .flatMap((each) => [
      each,
      ...(each.kind === ReflectionKind.Class ? (each.children ?? []) : []).filter(
        ({ kind, inheritedFrom }) => kind === ReflectionKind.Method && inheritedFrom === undefined,
      ),
    ])
    .filter((each) => each.kind !== ReflectionKind.Reference && !isDocumented(each))
    .map((each) => each.getFullName());

const documented = async (out) => {
  const app = await Application.bootstrapWithPlugins({ ...options, out });
  const project = await app.convert();
  if (project === undefined) process.exit(1);
  for (const module of project.children ?? []) {
    const path = project.getSymbolIdFromReflection(module)?.packagePath;
    const entry = entries.find(({ file }) => file === join('libs/agent', path ?? ''));
    if (entry === undefined) throw new Error(`typedoc shows ${path}, which is no entry`);
    module.name = entry.page.replace(/\.md$/, '');
  }
  for (const each of (project.children ?? []).flatMap(undocumented))
    app.logger.warn(`${each} has no docstring`);
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    console.error('the docstrings named above want mending');
    process.exit(1);
  }
  await app.generateOutputs(project);
};

/** What the signature above it says already. */
const bareReturns = /^#+ Returns\n\n(?:`[^\n]*|\[[^\n]*)\n\n(?=#|\*\*\*|$)/gm;

const pageOf = (text, { title }) =>
  text
    .replace(/^# .*$/m, `# ${title}`)
    .replace(bareReturns, '')
    .replace(/^\*\*\*$/gm, '')
    .replace(/<a id="([^"]*)"><\/a> /g, (anchor, id) => (text.includes(`(#${id})`) ? anchor : ''));

const index = () =>
  [
    '# API reference',
    '',
    'Made from the docstrings by `npm run docs:api`; do not edit.',
    '',
    ...entries.map(({ title, page }) => `- [\`${title}\`](${page})`),
    '',
  ].join('\n');

const wantedPages = async () => {
  const out = mkdtempSync(join(tmpdir(), 'kaizen-api-'));
  try {
    await documented(out);
    const pages = entries.map((entry) => [
      entry.page,
      pageOf(readFileSync(join(out, entry.page), 'utf8'), entry),
    ]);
    return new Map([['README.md', index()], ...pages]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
};

const pages = new Map();
for (const [page, text] of await wantedPages()) {
  const filepath = join(target, page);
  pages.set(page, await format(text, { ...(await resolveConfig(filepath)), filepath }));
}
const present = existsSync(target) ? readdirSync(target) : [];
const stale = [
  ...[...pages].filter(
    ([page, text]) => !present.includes(page) || readFileSync(join(target, page), 'utf8') !== text,
  ),
  ...present.filter((page) => !pages.has(page)).map((page) => [page, undefined]),
];

if (process.argv.includes('--check')) {
  for (const [page] of stale) console.error(`docs/api/${page} is out of date: run \`npm run docs:api\``);
  if (stale.length > 0) process.exit(1);
} else {
  mkdirSync(target, { recursive: true });
  for (const [page, text] of stale)
    if (text === undefined) rmSync(join(target, page));
    else writeFileSync(join(target, page), text);
}
