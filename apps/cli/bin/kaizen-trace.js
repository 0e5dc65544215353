#!/usr/bin/env node
/** Starts dist/main.js on the project's own Node, whatever Node was found first. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A hook is waited for at each step of an agent: it loads nothing but itself, on whatever Node there is. */
const isHook =
  process.argv[2] === 'hook' &&
  process.argv[3] === 'claude-code' &&
  process.argv.slice(4).every((argument) => argument === '--verbose');

const main = new URL(isHook ? '../dist/commands/hook-main.js' : '../dist/main.js', import.meta.url);
const neededMajor = 24;

const projectNode = () => {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
};

/** Hands this process over: signals go through, the exit code comes back. */
const become = (node) => {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  // On a terminal Ctrl-C reaches the child by itself, and twice would end it at once.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
};

// Compiled code is kept between hooks, where Node can.
if (isHook) module.enableCompileCache?.();

if (!existsSync(main)) {
  process.stderr.write('kaizen-trace is not built yet: run `npm run build` in its folder first\n');
  // An agent must not stumble over its hook.
  process.exitCode = isHook ? 0 : 1;
} else if (isHook || Number(process.versions.node.split('.')[0]) >= neededMajor) {
  await import(main.href);
} else {
  const node = projectNode();
  if (node === undefined) {
    process.stderr.write(
      `kaizen-trace needs Node ${neededMajor} or newer, this is ${process.version}: run \`npm install\` first\n`,
    );
    process.exitCode = 1;
  } else become(node);
}
