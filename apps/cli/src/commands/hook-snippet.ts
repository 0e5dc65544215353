/** How Claude Code can call its hooks: a program on its machine, or the gateway itself. */
export const snippetKinds = ['command', 'http'] as const;

/** One of {@link snippetKinds}. */
export type SnippetKind = (typeof snippetKinds)[number];

/**
 * The events worth having, each answered in a moment. Left out are `WorktreeCreate`, whose hook has to make the worktree
 * itself, and those that come for every line on the screen or every file that changes.
 */
const events = [
  ...['SessionStart', 'SessionEnd', 'UserPromptSubmit', 'Stop', 'StopFailure'],
  ...['PreToolUse', 'PostToolUse', 'PostToolUseFailure', 'PostToolBatch'],
  ...['PermissionRequest', 'PermissionDenied', 'SubagentStart', 'SubagentStop'],
  ...['PreCompact', 'PostCompact', 'Notification', 'Elicitation', 'ElicitationResult'],
  ...['TaskCreated', 'TaskCompleted'],
];

/** Claude Code calls no HTTP hooks when a session starts. */
const notByHttp = new Set(['SessionStart']);

/** In seconds; both answer in milliseconds. */
const timeout = 5;

const commandHook = { type: 'command', command: 'kaizen-trace hook claude-code', timeout };

const httpHook = (gatewayUrl: string) => ({
  type: 'http',
  url: `${gatewayUrl}/v1/hooks/claude-code`,
  headers: { Authorization: 'Bearer $KAIZEN_API_KEY' },
  allowedEnvVars: ['KAIZEN_API_KEY'],
  timeout,
});

/** What goes into a `settings.json` of Claude Code. Holds no key: an HTTP hook takes it from the environment. */
export const settingsSnippet = (kind: SnippetKind, gatewayUrl: string): object => ({
  hooks: Object.fromEntries(
    events
      .filter((event) => kind === 'command' || !notByHttp.has(event))
      .map((event) => [event, [{ hooks: [kind === 'command' ? commandHook : httpHook(gatewayUrl)] }]]),
  ),
});
