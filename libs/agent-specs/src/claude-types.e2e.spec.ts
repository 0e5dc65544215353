import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { claudeCodeEvents } from '@kaizen-trace/sources';
import { describeClaudeTypes } from './testing/claude-sdk.js';
import { exportOf } from './testing/frameworks.js';

const fixtures = new URL('../../sources/fixtures/claude-code/', import.meta.url);

const linesOf = (name: string): readonly Readonly<Record<string, unknown>>[] =>
  readFileSync(new URL(`${name}.ndjson`, fixtures), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

/** Written out as literals, so that members that the types do not have are refused too. */
const hookInputs = (payloads: readonly unknown[]): string =>
  [
    "import type { HookInput } from '@anthropic-ai/claude-agent-sdk';",
    ...payloads.map(
      (payload, index) => `export const p${index} = ${JSON.stringify(payload)} satisfies HookInput;`,
    ),
  ].join('\n');

const isKnown = ({ hook_event_name }: Readonly<Record<string, unknown>>): boolean =>
  hook_event_name !== 'SomethingNew';

const payloadsOf = (name: string) =>
  linesOf(name)
    .map(({ payload }) => payload as Readonly<Record<string, unknown>>)
    .filter(isKnown);

/** The events that get a form of their own. */
const known = [
  ...['PreToolUse', 'PostToolUse', 'PostToolUseFailure', 'PostToolBatch', 'Notification', 'UserPromptSubmit'],
  ...['UserPromptExpansion', 'SessionStart', 'SessionEnd', 'Stop', 'StopFailure', 'SubagentStart'],
  ...['SubagentStop', 'PreCompact', 'PostCompact', 'PreModelSwitch', 'PostModelSwitch', 'PermissionRequest'],
  ...['PermissionDenied', 'Setup', 'TeammateIdle', 'TaskCreated', 'TaskCompleted', 'Elicitation'],
  ...['ElicitationResult', 'ConfigChange', 'WorktreeCreate', 'WorktreeRemove', 'InstructionsLoaded'],
  ...['CwdChanged', 'FileChanged', 'DirectoryAdded', 'MessageDisplay'],
];

const limitMs = 120_000;

await describeClaudeTypes('the published types of the Claude Agent SDK', (compilerSays) => {
  it.each(['recorded', 'eventful'])(
    'fit every payload of the %s session',
    async (name) => {
      expect(await compilerSays(hookInputs(payloadsOf(name)))).toBe('');
    },
    limitMs,
  );

  it(
    'are looked at: a payload with another member, or without one, is refused',
    async () => {
      const [payload] = payloadsOf('recorded');
      const { prompt, ...without } = payload!;
      expect(prompt).toBeDefined();
      expect(await compilerSays(hookInputs([{ ...payload, prompts: 1 }]))).toMatch(/error TS/);
      expect(await compilerSays(hookInputs([without]))).toMatch(/error TS/);
    },
    limitMs,
  );

  it(
    'have no event that would be taken for an unknown one, and we know none that they have not',
    async () => {
      const union = known.map((event) => `'${event}'`).join(' | ');
      const program = `
        import type { HookEvent } from '@anthropic-ai/claude-agent-sdk';
        type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
        export const same: Same<HookEvent, ${union}> = true;`;
      expect(await compilerSays(program)).toBe('');
      for (const hook_event_name of known) {
        const payload = { hook_event_name, session_id: 's', final: true };
        const events = claudeCodeEvents(payload, { receivedAt: 1, newId: () => 'x' });
        expect(events?.[0]?.event_type).not.toMatch(/^hook_/);
      }
    },
    limitMs,
  );

  it(
    'fit the messages of the recorded session',
    async () => {
      const program = [
        "import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';",
        ...linesOf('messages').map(
          (message, index) => `export const m${index}: SDKMessage['type'] = ${JSON.stringify(message.type)};`,
        ),
      ].join('\n');
      expect(await compilerSays(program)).toBe('');
    },
    limitMs,
  );

  it(
    'take our hooks and our reader of messages as they are',
    async () => {
      const adapter = fileURLToPath(await exportOf('claude-agent-sdk', 'types')).replace(/\.d\.ts$/, '.js');
      const program = (hooks: string) => `
        import { query, type Options, type SDKMessage } from '@anthropic-ai/claude-agent-sdk';
        import { claudeAgentHooks, observeMessages } from '${adapter.replaceAll('\\', '/')}';
        const receiver = { handle: () => undefined };
        const options: Options = { hooks: ${hooks} };
        for await (const message of observeMessages(query({ prompt: 'Go', options }), { receiver })) {
          const same: SDKMessage = message;
          if (same.type === 'result') console.log(same.total_cost_usd);
        }
        declare const console: { log(value: number): void };`;
      expect(await compilerSays(program('claudeAgentHooks({ receiver })'))).toBe('');
      const another = '{ PreToolUse: claudeAgentHooks({ receiver }).PreToolUse[0] }';
      expect(await compilerSays(program(another))).toMatch(/error TS/);
    },
    limitMs,
  );
});
