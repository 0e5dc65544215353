/**
 * Makes what the stack needs to speak TLS and to log in, once: an authority, a certificate for each server, the password
 * of the services at Kafka, and API keys. What is there already is kept. Each folder belongs to whoever reads it. Nothing
 * is made while a service runs that has started without.
 *
 *   node certificates.mjs FOLDER
 */
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// DER (X.690), as far as X.509 v3 certificates (RFC 5280) need it: tag, length, content.
const der = (tag, ...parts) => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts) => der(0x30, ...parts);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const octets = (content) => der(0x04, content);
const yes = der(0x01, Buffer.from([0xff]));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const named = (name) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const time = (ms) =>
  der(
    0x17,
    Buffer.from(
      new Date(ms)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2),
    ),
  );
const pem = (kind, bytes) =>
  `-----BEGIN ${kind}-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${kind}-----\n`;

const day = 86_400_000;
const lifetimeDays = 825;

const extensionsOf = ({ isAuthority, hosts }) => {
  // Key usage: to sign certificates; or to sign a handshake.
  const usage = sequence(
    oid('551d0f'),
    yes,
    octets(der(0x03, Buffer.from(isAuthority ? [1, 0x06] : [7, 0x80]))),
  );
  const basic = sequence(oid('551d13'), yes, octets(sequence(...(isAuthority ? [yes] : []))));
  if (isAuthority) return sequence(basic, usage);
  const names = hosts.map((host) => der(0x82, Buffer.from(host)));
  const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));
  const server = sequence(oid('551d25'), octets(sequence(oid('2b06010505070301'))));
  return sequence(basic, usage, server, sequence(oid('551d11'), octets(sequence(...names, loopback))));
};

/** A certificate that `issuer` signs; without one it signs itself. */
const certificate = ({ name, hosts = [], issuer }) => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isAuthority = issuer === undefined;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    named(isAuthority ? name : issuer.name),
    sequence(time(Date.now() - day), time(Date.now() + lifetimeDays * day)),
    named(name),
    own.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensionsOf({ isAuthority, hosts })),
  );
  const signature = sign('sha256', body, isAuthority ? own.privateKey : issuer.privateKey);
  const bytes = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  return {
    name,
    privateKey: own.privateKey,
    certificate: pem('CERTIFICATE', bytes),
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node certificates.mjs FOLDER');
  process.exit(2);
}
const done = join(folder, 'ca.pem');
if (existsSync(done)) {
  const { validTo } = new X509Certificate(readFileSync(done));
  console.log(`kept what is there, valid to ${validTo}; to make it anew, remove the volume`);
  process.exit(0);
}

// Services hold a lock on the folder, see start.sh. The one taken here ends with this process, which has the descriptor.
const descriptor = openSync(folder, 'r');
const { status, error } = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
  stdio: ['ignore', 'inherit', 'inherit', descriptor],
});
if (error !== undefined) throw error;
if (status !== 0) {
  console.error(
    "no certificates made: services run here that have started without. Take the stack down first, its data stay: docker compose --profile '*' down",
  );
  process.exit(1);
}

const lines = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Files that one user alone reads: `uid` is that of the image. */
const give = (name, uid, files) => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(path, file), text, { mode: 0o400 });
    chownSync(join(path, file), uid, uid);
  }
  chownSync(path, uid, uid);
};

const authority = certificate({ name: 'kaizen-trace local authority' });
const serverFor = (host) => certificate({ name: host, hosts: [host, 'localhost'], issuer: authority });
const [kafka, jaeger] = ['kafka', 'jaeger'].map(serverFor);
const password = randomBytes(24).toString('hex');
const newKey = () => `kz_${randomBytes(32).toString('base64url')}`;
const [agents, watcher, operator] = [newKey(), newKey(), newKey()];
const keyLine = (name, key, operations) =>
  `${JSON.stringify({ name, sha256: createHash('sha256').update(key).digest('hex'), operations })}\n`;

give('kafka', 1000, {
  'keystore.pem': kafka.key + kafka.certificate + authority.certificate,
  'scram.properties': `SCRAM-SHA-512=password=${password}\n`,
  // How the broker's own health is asked: as the services would.
  'client.properties': lines({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': `org.apache.kafka.common.security.scram.ScramLoginModule required username="kaizen" password="${password}";`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': done,
  }),
});
give('jaeger', 10001, {
  'certificate.pem': jaeger.certificate + authority.certificate,
  'key.pem': jaeger.key,
});
give('services', 1000, {
  'services.env': lines({
    KAFKA_SSL_CA: done,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'kaizen',
    KAFKA_SASL_PASSWORD: password,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://jaeger:4317',
    OTEL_EXPORTER_OTLP_CERTIFICATE: done,
    // Keys from the environment are valid no more.
    KAIZEN_API_KEYS: '',
    KAIZEN_API_KEYS_FILE: join(folder, 'gateway', 'keys'),
  }),
});
give('gateway', 1000, {
  keys: [
    keyLine('agents', agents, ['ingest', 'read']),
    keyLine('prometheus', watcher, ['read']),
    keyLine('console', operator, ['read', 'operate']),
  ].join(''),
});
give('agents', 1000, { 'agents.env': lines({ KAIZEN_API_KEY: agents }) });
// What people ask for: the agents' key, and the password of the console.
give('shown', 1000, {
  'keys.env': lines({ KAIZEN_API_KEY: agents, KAIZEN_CONSOLE_KEY: operator }),
});
// Who shows it one of these is shown to the gateway with it; it lends no key of its own.
give('console', 1000, {
  'console.env': lines({ KAIZEN_QUERY_KEYS: `${operator},${watcher}`, KAIZEN_API_KEY: '' }),
});
give('prometheus', 65534, { 'kaizen-read-key': watcher });
// Public. Written last: while it is missing, nothing counts as made.
writeFileSync(done, authority.certificate, { mode: 0o444 });
console.log(`made certificates and keys in ${folder}, for ${lifetimeDays} days`);
