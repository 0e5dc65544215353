/**
 * `node tools/audit.mjs [--sbom FILE]`: asks the registry for known faults of what runs in production, and exits 1 where one
 * is high or critical and not in tools/audit-allowed.json, or where an entry there has no use any more. With --sbom also
 * writes what the product is made of, as CycloneDX.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const npm = (args) => {
  const { stdout, error } = spawnSync('npm', args, { encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 });
  if (error) throw error;
  return stdout;
};

const at = process.argv.indexOf('--sbom');
if (at > 0) {
  const sbom = npm(['sbom', '--omit=dev', '--sbom-format', 'cyclonedx', '--package-lock-only']);
  const { components = [] } = JSON.parse(sbom);
  if (components.length === 0) throw new Error('npm wrote an SBOM without a component');
  writeFileSync(process.argv[at + 1], sbom);
  console.log(`SBOM of ${components.length} components in ${process.argv[at + 1]}`);
}

const report = JSON.parse(npm(['audit', '--omit=dev', '--json']));
if (report.vulnerabilities === undefined) {
  console.error(`the audit could not be made: ${report.message ?? report.error?.summary ?? 'no report'}`);
  process.exit(2);
}
/** Each with the advisory's address, why it does not concern us, and until when that is believed. */
const allowed = JSON.parse(readFileSync(new URL('./audit-allowed.json', import.meta.url), 'utf8'));
const today = new Date().toISOString().slice(0, 10);
const advisories = Object.values(report.vulnerabilities).flatMap(({ name, via }) =>
  via
    .filter((each) => typeof each === 'object')
    .map(({ url, title, severity }) => ({ name, url, title, severity })),
);
const open = advisories.filter(
  ({ url, severity }) =>
    ['high', 'critical'].includes(severity) &&
    !allowed.some((each) => each.url === url && each.until >= today),
);
const useless = allowed.filter(({ url }) => !advisories.some((each) => each.url === url));
for (const { name, url, title, severity } of open) console.error(`${severity}: ${name}: ${title} (${url})`);
for (const { url } of useless) console.error(`allowed, but not found any more: ${url}`);
console.log(`audit: ${advisories.length} known faults in what runs, ${open.length} that count`);
process.exit(open.length + useless.length > 0 ? 1 : 0);
