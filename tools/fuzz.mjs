/**
 * `npm run fuzz -- [--requests N] [--seed S] [--only NUMBER] [--open] [--fault leak=BYTES,cut=N,fail=N]`: hostile requests
 * at the real services of `kaizen-trace up`, with API keys unless `--open`: gateway, query API with console and proxy,
 * OTLP, and the ports of assembler and exporter; 100,000 by default, beside clients that are slow, stuck or many. Exits 1
 * after a 5xx, a crash, a request cut or left without an answer, one let in without a key, an error in a log, memory that
 * does not stay flat, or a pipeline that does not work afterwards. Equal seeds send equal requests. Needs a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { membersOf, troubleAfterwards } from './fuzz/afterwards.mjs';
import { keySettings } from './fuzz/keys.mjs';
import { crowd, holdConnections } from './fuzz/listeners.mjs';
import { requestOf, showRequest } from './fuzz/requests.mjs';
import { openSender } from './fuzz/send.mjs';
import { startServices } from './fuzz/services.mjs';
import { complaintOf, judgeMemory, showMemory } from './fuzz/verdict.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    requests: { ...text, default: '100000' },
    seed: text,
    only: text,
    fault: text,
    open: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed ?? Math.floor(Math.random() * 1e9));
const numbers =
  options.only === undefined
    ? Array.from({ length: Number(options.requests) }, (_, n) => n + 1)
    : [Number(options.only)];
const lanes = 12;
const looksAtMemory = 16;
const mostShown = 20;
console.log(`seed ${seed}, ${numbers.length} requests`);

const folder = mkdtempSync(join(tmpdir(), 'kaizen-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const services = await startServices({
  folder,
  settings: options.open ? {} : keySettings(folder),
  fault: options.fault,
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void services.stop().then(() => process.exit(130)));
const sender = openSender(services);
const members = await membersOf(services.gateway);

const problems = [];
const statuses = new Map();
const looks = [];
const complain = (what) => problems.push(what);
const baseOf = (to, number) => (to === 'member' ? members[number % members.length] : services[to]);

const sendOne = async (number) => {
  const made = requestOf(seed, number);
  const outcome = await sender.send(baseOf(made.to, number), made);
  const { status } = outcome;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const complaint = complaintOf(options.open ? { ...made, may: 'whole' } : made, outcome);
  // Whatever was cut by the end of the services is told once, as their end.
  if (complaint !== undefined && services.ended() === undefined)
    complain(`${number}: ${complaint}: ${status} ${outcome.text.slice(0, 300)} to ${showRequest(made)}`);
};

/** Sends a stretch in lanes; all of it is answered when it ends, so that memory is looked at while nothing is under way. */
const sendAll = async (stretch) => {
  let next = 0;
  const lane = async () => {
    while (next < stretch.length && services.ended() === undefined) await sendOne(stretch[next++]);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};

const began = Date.now();
const release = options.only === undefined ? holdConnections(services) : () => new Map();
const stretch = Math.ceil(numbers.length / looksAtMemory);
for (let from = 0; from < numbers.length && services.ended() === undefined; from += stretch) {
  await sendAll(numbers.slice(from, from + stretch));
  if (from === stretch * 3 && services.ended() === undefined) {
    const answers = await crowd(services.gateway, 300);
    console.log(`300 who listen at once: ${[...answers].map((each) => each.join(': ')).join(', ')}`);
    for (const status of answers.keys())
      if (!['200', '429'].includes(status)) complain(`of 300 listeners some were answered ${status}`);
  }
  await sleep(500);
  const seen = services.ended() === undefined ? await services.look() : undefined;
  if (seen !== undefined) looks.push(seen);
}
const held = release();
for (const status of held.keys())
  if (status === 'cut' || Number(status) >= 500)
    complain(`of the connections held some ended with ${status}`);

if (services.ended() === undefined) {
  const { trouble, counts } = await troubleAfterwards(services);
  trouble.forEach(complain);
  console.log(`the pipeline’s account: ${JSON.stringify(counts)}`);
} else complain(`the services ended of themselves: ${services.ended()}`);
sender.close();
const exit = await services.stop();
if (exit !== 0) complain(`the services ended with ${exit}`);
for (const line of services.complaints) complain(`said: ${line}`);
if (options.only === undefined) problems.unshift(...judgeMemory(looks, numbers.length).problems);

const seconds = Math.round((Date.now() - began) / 1_000);
const counted = [...statuses].sort(([a], [b]) => String(a).localeCompare(String(b)));
console.log(`answers in ${seconds} s: ${counted.map((each) => each.join(': ')).join(', ')}`);
console.log(`connections held: ${[...held].map((each) => each.join(': ')).join(', ')}`);
for (const line of showMemory(looks)) console.log(line);
for (const problem of problems.slice(0, mostShown)) console.log(problem);
if (problems.length > mostShown) console.log(`and ${problems.length - mostShown} more`);
console.log(problems.length === 0 ? 'nothing found' : `${problems.length} found, with seed ${seed}`);
process.exit(problems.length === 0 ? 0 : 1);
