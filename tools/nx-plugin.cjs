/**
 * Gives every workspace project the targets `build`, `lint` and `test`, so that none repeats them in its package.json:
 * `npx nx run codec:test`, `npx nx affected -t lint test`.
 */
const { dirname } = require('node:path');

const target = (command, more = {}) => ({
  executor: 'nx:run-commands',
  options: { command },
  cache: true,
  ...more,
});

const targetsOf = (root) => ({
  build: target(`node tools/run.mjs build ${root}`, {
    dependsOn: ['^build'],
    inputs: ['sources', '^sources'],
    outputs: ['{projectRoot}/dist', '{projectRoot}/tsconfig.tsbuildinfo'],
  }),
  lint: target(`eslint ${root}`, { inputs: ['sources', '^sources', '{workspaceRoot}/eslint.config.mjs'] }),
  // Servers stand behind some specs, so a result of yesterday says nothing.
  test: target(`node tools/run.mjs test ${root}`, { cache: false }),
});

exports.createNodesV2 = [
  '{libs,apps}/*/package.json',
  (manifests) =>
    manifests.map((manifest) => {
      const root = dirname(manifest);
      return [manifest, { projects: { [root]: { root, targets: targetsOf(root) } } }];
    }),
];
