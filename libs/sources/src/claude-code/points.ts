/** How an event that opens and closes nothing is told. */
export interface PointForm {
  readonly type: string;
  /** Members that are taken over as they are. */
  readonly plain: readonly string[];
  /** Members that hold what people or models wrote: only where content is asked for. */
  readonly content: readonly string[];
}

const point = (type: string, plain: readonly string[], content: readonly string[] = []): PointForm => ({
  type,
  plain,
  content,
});

const modelSwitch = [
  'from_model',
  'to_model',
  'requested_model',
  'source',
  'context_tokens',
  'prompt_cache_warm',
  'cache_ttl',
  'estimated_cache_write_usd',
  'pricing',
];

/** The events of Claude Code that are points in time, by their names. */
export const points: ReadonlyMap<string, PointForm> = new Map(
  Object.entries({
    SessionStart: point(
      'session_start',
      [
        'source',
        'model',
        'seconds_since_last_response',
        'context_tokens',
        'prompt_cache_likely_expired',
        'transcript_path',
      ],
      ['session_title'],
    ),
    SessionEnd: point('session_end', ['reason']),
    Setup: point('setup', ['trigger']),
    Notification: point('notification', ['notification_type'], ['message', 'title']),
    UserPromptExpansion: point(
      'prompt_expansion',
      ['expansion_type', 'command_name', 'command_source'],
      ['command_args', 'prompt'],
    ),
    PermissionRequest: point('permission_request', ['tool_name'], ['tool_input']),
    // Either may come without the other, so they are no operation.
    PreModelSwitch: point('model_switch_requested', modelSwitch),
    PostModelSwitch: point('model_switched', modelSwitch),
    // Items of a list that may stay undone for ever.
    TaskCreated: point(
      'task_created',
      ['task_id', 'teammate_name', 'team_name'],
      ['task_subject', 'task_description'],
    ),
    TaskCompleted: point(
      'task_completed',
      ['task_id', 'teammate_name', 'team_name'],
      ['task_subject', 'task_description'],
    ),
    TeammateIdle: point('teammate_idle', ['teammate_name', 'team_name']),
    ConfigChange: point('config_change', ['source', 'file_path']),
    WorktreeCreate: point('worktree_create', ['name']),
    WorktreeRemove: point('worktree_remove', ['worktree_path']),
    InstructionsLoaded: point('instructions_loaded', [
      'file_path',
      'memory_type',
      'load_reason',
      'trigger_file_path',
      'parent_file_path',
    ]),
    CwdChanged: point('cwd_changed', ['old_cwd', 'new_cwd']),
    FileChanged: point('file_changed', ['file_path', 'event']),
    DirectoryAdded: point('directory_added', ['directory', 'source']),
    MessageDisplay: point('message_display', ['turn_id', 'message_id', 'index'], ['delta']),
  }),
);

/** An event that nobody has heard of yet: its name, and nothing else of it, since it could be content. */
export const unknownPoint = (event: string): PointForm =>
  point(
    `hook_${event
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/[^a-z0-9_.-]/g, '_')}`,
    [],
  );
