#!/usr/bin/env node
/**
 * The one door to install, build, test and run: `node tools/run.mjs COMMAND [arguments]`.
 * Needs Node >= 20 and npm; everything after the install runs on the project's own Node 24.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const projectNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const compiler = join(modules, 'typescript7', 'bin', 'tsc');

const say = (text) => process.stderr.write(`${text}\n`);

const fail = (text) => {
  say(text);
  process.exit(1);
};

const environment = (extra = {}) => ({
  ...process.env,
  PATH: [join(modules, '.bin'), process.env.PATH].join(delimiter),
  ...extra,
});

/** Runs to its end and exits with its code where that is not 0. */
const step = (command, args, extra) => {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: environment(extra),
  });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
};

const packagesOf = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {});

/** Whether npm's own record of what is installed names every package of the lockfile, in its version. */
const isInstalled = () => {
  const installed = packagesOf(join(modules, '.package-lock.json'));
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, { version, link, optional }]) =>
      !path.startsWith('node_modules/') || link || optional || installed[path]?.version === version,
  );
};

/** Installs what the lockfile names, unless just that is installed already. */
const install = () => {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) fail(`Node 20 or newer is needed, this is ${process.version}: https://nodejs.org`);
  if (isInstalled() && existsSync(projectNode)) return;
  say('Installing dependencies (once, about a minute) …');
  step(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--loglevel=error']);
};

/** The console's static files, from sources whose types have been checked. */
const buildConsole = () =>
  step(projectNode, [join(modules, 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn', 'apps/console']);

/** Everything, or the projects named with what they build on. */
const build = (projects = []) => {
  step(projectNode, [compiler, '-b', ...projects]);
  if (projects.length === 0 || projects.includes('apps/console')) buildConsole();
};

/** Hands this process over to a child: signals go through, the exit code comes back. */
const become = (args, extra) => {
  const child = spawn(projectNode, args, { cwd: root, stdio: 'inherit', env: environment(extra) });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
};

const jest = (args) =>
  become([join(modules, 'jest', 'bin', 'jest.js'), ...args], {
    NODE_OPTIONS: [
      process.env.NODE_OPTIONS,
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
    ]
      .filter(Boolean)
      .join(' '),
  });

/** Everything with its specs: what runs on Node, what runs in the browser, and what drives one. */
const typecheck = () => {
  step(projectNode, [compiler, '-p', 'tsconfig.check.json']);
  step(projectNode, [compiler, '-b', 'apps/console']);
  step(projectNode, [compiler, '-p', 'apps/console/e2e']);
};

const check = () => {
  const bin = (name) => join(modules, '.bin', name);
  step(bin('prettier'), ['--check', '--log-level', 'warn', '.']);
  step(bin('eslint'), ['.']);
  typecheck();
  step(bin('depcruise'), ['--config', 'tools/dependency-rules.cjs', 'libs', 'apps']);
  step(projectNode, [join(root, 'tools', 'check-projects.mjs')]);
  build();
  step(projectNode, [join(root, 'tools', 'settings-table.mjs'), '--check']);
  step(projectNode, [join(root, 'tools', 'metrics-table.mjs'), '--check']);
  step(projectNode, [join(root, 'tools', 'check-infra.mjs')]);
  step(projectNode, [join(root, 'tools', 'check-helm.mjs')]);
  step(projectNode, [join(root, 'tools', 'docs-api.mjs'), '--check']);
  say('format, lint, types, import rules, build, reference: ok');
};

const [command, ...args] = process.argv.slice(2);
switch (command) {
  case 'start':
    install();
    build();
    // Most of what a service allocates lives for one batch: with more room for the young, less of it is copied.
    become(['--max-semi-space-size=32', join(root, 'apps', 'cli', 'bin', 'kaizen-trace.js'), 'up', ...args]);
    break;
  case 'test':
    install();
    build();
    jest(args);
    break;
  case 'build':
    install();
    build(args);
    break;
  case 'typecheck':
    install();
    typecheck();
    break;
  case 'check':
    install();
    check();
    break;
  case 'bench':
    install();
    build();
    become([join(root, 'bench', 'main.mjs'), ...args]);
    break;
  case 'chaos':
    install();
    build();
    become([join(root, 'tools', 'chaos.mjs'), ...args]);
    break;
  case 'fuzz':
    install();
    build();
    become([join(root, 'tools', 'fuzz.mjs'), ...args]);
    break;
  case 'test:compose':
    install();
    become([join(root, 'tools', 'compose-test.mjs'), ...args]);
    break;
  case 'pack:agent':
    if (args.length !== 1 || args[0].startsWith('-')) fail('usage: npm run pack:agent -- DIR');
    install();
    build(['libs/agent']);
    become([join(root, 'tools', 'pack-agent', 'main.mjs'), ...args]);
    break;
  case 'docs:api':
    install();
    become([join(root, 'tools', 'docs-api.mjs'), ...args]);
    break;
  default:
    fail(
      'usage: node tools/run.mjs start|test|build|check|typecheck|bench|chaos|fuzz|test:compose|pack:agent|docs:api [arguments]',
    );
}
