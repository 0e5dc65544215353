/**
 * `node tools/audit.mjs [--sbom FILE]`: asks the registry for known faults of what runs in production. With --sbom also
 * writes what the product is made of, as CycloneDX.
 *
 * Exits 1 where a fault is high or critical and not in tools/audit-allowed.json, where an entry there has no use any more,
 * or where npm itself fails; 2, with the reason, where the registry cannot be asked from here.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(`${root}/${path}`, 'utf8'));

const npm = (args) => {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 };
  const { stdout, stderr, error } = spawnSync('npm', args, options);
  if (error) throw error;
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`npm ${args[0]} wrote no JSON: ${stderr.slice(0, 2_000)}`);
  }
};

/** What runs, or is installed by who uses it: the services, the console and the agents' package. */
const shipped = [...readdirSync(`${root}/apps`).map((name) => `apps/${name}`), 'libs/agent'].map(
  (folder) => readJson(`${folder}/package.json`).name,
);

/** The same bill without what only tests need: npm counts what a workspace of tests depends on as running. */
const ofShipped = (bill) => {
  const byRef = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const reached = new Set();
  const reach = (ref) => {
    if (reached.has(ref)) return;
    reached.add(ref);
    byRef.get(ref)?.forEach(reach);
  };
  const isShipped = (ref) => shipped.some((name) => ref.startsWith(`${name}@`));
  [...byRef.keys()].filter(isShipped).forEach(reach);
  const { component } = bill.metadata;
  const product = { ref: component['bom-ref'], dependsOn: [...reached].filter(isShipped) };
  return {
    ...bill,
    // npm names it after the folder of the checkout.
    metadata: { ...bill.metadata, component: { ...component, name: readJson('package.json').name } },
    components: bill.components.filter((each) => reached.has(each['bom-ref'])),
    dependencies: [
      product,
      ...bill.dependencies
        .filter(({ ref }) => reached.has(ref))
        .map((each) => ({ ...each, dependsOn: each.dependsOn?.filter((ref) => reached.has(ref)) ?? [] })),
    ],
  };
};

const bill = ofShipped(npm(['sbom', '--omit=dev', '--sbom-format', 'cyclonedx', '--package-lock-only']));
if (bill.components.length < shipped.length) throw new Error('npm wrote an SBOM without what it is about');
const at = process.argv.indexOf('--sbom');
if (at > 0) {
  writeFileSync(process.argv[at + 1], `${JSON.stringify(bill, undefined, 2)}\n`);
  console.log(`SBOM of ${bill.components.length} components in ${process.argv[at + 1]}`);
}

const report = npm(['audit', '--omit=dev', '--package-lock-only', '--json']);
if (report.vulnerabilities === undefined) {
  const reason = report.message ?? report.error?.summary ?? 'npm made no report';
  const code = String(report.error?.code ?? '');
  // The registry has no audit, or nobody answers there; whatever else npm says is a fault of ours.
  const isAway = report.statusCode >= 400 || /^E(AI_|CONN|HOST|NET|NOAUDIT|NOTFOUND|TIMEDOUT|\d)/.test(code);
  const network = /request to .* failed|network|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/i.test(reason);
  console.error(`LEFT OUT: the audit of what runs\n  the registry could not be asked: ${reason}`);
  process.exit(isAway || network ? 2 : 1);
}
/** Each with the advisory's address, why it does not concern us, and until when that is believed. */
const allowed = readJson('tools/audit-allowed.json');
const today = new Date().toISOString().slice(0, 10);
const runs = new Set(
  bill.components.map(({ purl }) => decodeURIComponent(purl.slice(8, purl.lastIndexOf('@')))),
);
const advisories = Object.values(report.vulnerabilities).flatMap(({ name, via }) =>
  via
    .filter((each) => typeof each === 'object')
    .map(({ url, title, severity }) => ({ name, url, title, severity, runs: runs.has(name) })),
);
const open = advisories.filter(
  ({ url, severity, runs: concerns }) =>
    concerns &&
    ['high', 'critical'].includes(severity) &&
    !allowed.some((each) => each.url === url && each.until >= today),
);
const useless = allowed.filter(({ url }) => !advisories.some((each) => each.url === url));
for (const { name, url, title, severity } of open) console.error(`${severity}: ${name}: ${title} (${url})`);
for (const { url } of useless) console.error(`allowed, but not found any more: ${url}`);
const known = advisories.filter(({ runs: concerns }) => concerns).length;
console.log(`audit: ${known} known faults in what runs, ${open.length} that count`);
process.exit(open.length + useless.length > 0 ? 1 : 0);
