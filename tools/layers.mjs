/**
 * Who may import whom: one table, from which the dependency rules and the check of the projects' files are made.
 * An entry lists the workspace projects that the production code of a project may import.
 */
const adapters = ['adapter-embedded', 'adapter-kafka'];
const core = ['contracts', 'codec', 'ports', 'assembler-core', 'otlp'];

export const libs = {
  contracts: [],
  settings: [],
  codec: ['contracts'],
  ports: ['contracts'],
  'assembler-core': ['contracts'],
  otlp: ['contracts'],
  redaction: ['contracts'],
  sources: ['contracts'],
  sending: ['contracts', 'codec', 'ports'],
  'assembler-runtime': core,
  operating: ['contracts', 'settings', 'assembler-core'],
  replay: [...core, 'settings', 'sending', 'assembler-runtime'],
  'state-store': ['ports'],
  'adapter-embedded': ['contracts', 'ports', 'state-store'],
  'adapter-kafka': ['contracts', 'ports', 'state-store'],
  adapters: ['contracts', 'ports', 'settings', ...adapters],
  conformance: ['contracts', 'ports'],
  testkit: ['settings', ...core, 'assembler-runtime', ...adapters, 'adapters', 'conformance'],
  'adapter-specs': [...core, 'assembler-runtime', 'state-store', ...adapters, 'conformance', 'testkit'],
  'service-kit': ['settings', 'ports'],
  agent: [...core, 'settings', 'redaction', 'sources', 'sending', 'adapters'],
  'agent-specs': [...core, 'settings', 'redaction', 'sources', 'sending', 'adapters', 'agent', 'testkit'],
};

/** Libs that only specs may import. */
export const testOnly = ['conformance', 'testkit', 'adapter-specs', 'agent-specs'];

/** Libs that stay free of Node and of any clock. */
export const pure = ['contracts', 'assembler-core', 'redaction', 'sources'];

const anyLib = Object.keys(libs).filter((name) => !testOnly.includes(name));

export const apps = {
  gateway: anyLib,
  'span-assembler': anyLib,
  'span-exporter': anyLib,
  'trace-store': anyLib,
  // Runs in the browser, and knows the services by their HTTP answers only.
  console: [],
  cli: [...anyLib, 'gateway', 'span-assembler', 'span-exporter', 'trace-store'],
};
