/** Something of a session that has begun and not yet ended. */
export interface OpenCall {
  readonly session: string;
  /** Its call_id. */
  readonly id: string;
  /**
   * The kind of its operation. `session` is what prompts stand under, `answered` a prompt that has its answer but may go
   * on: both have ended already. `spawn` and `link` are no operations, but say which call a subagent runs under.
   */
  readonly kind:
    'agent_loop' | 'tool_use' | 'compaction' | 'interrupt' | 'session' | 'answered' | 'spawn' | 'link';
  /** The agent_id and trace_id of its PRE. */
  readonly agent: string;
  readonly trace: string;
  /** The subagent in which it runs; empty: the main agent. */
  readonly scope: string;
  /** The name of a tool, or the type of the subagent that a spawn awaits. */
  readonly name?: string;
  /** Of a spawn or link: the call that the subagent runs under. */
  readonly call?: string;
}

/** Remembers what is open, so that what never gets an end of its own can be ended, and subagents find their call. */
export interface OpenCalls {
  open(call: OpenCall): void;
  /** What is open in a session, oldest first. */
  of(session: string): readonly OpenCall[];
  /** Forgets one and gives it; undefined where it is not open, or another caller was faster. */
  close(session: string, id: string): OpenCall | undefined;
}

const defaults = { maxSessions: 1_000, maxCalls: 1_000 } as const;

/** Open calls in memory, bounded: beyond the limits the sessions that were quiet longest, and the oldest calls, go. */
export const openCallsInMemory = (limits: Partial<Record<keyof typeof defaults, number>> = {}): OpenCalls => {
  const { maxSessions, maxCalls } = { ...defaults, ...limits };
  const sessions = new Map<string, Map<string, OpenCall>>();
  return {
    open(call) {
      const calls = sessions.get(call.session) ?? new Map<string, OpenCall>();
      sessions.delete(call.session);
      sessions.set(call.session, calls);
      calls.delete(call.id);
      calls.set(call.id, call);
      for (const oldest of calls.keys()) if (calls.size > maxCalls) calls.delete(oldest);
      for (const quiet of sessions.keys()) if (sessions.size > maxSessions) sessions.delete(quiet);
    },
    of: (session) => [...(sessions.get(session)?.values() ?? [])],
    close(session, id) {
      const calls = sessions.get(session);
      const call = calls?.get(id);
      if (calls?.delete(id) === true && calls.size === 0) sessions.delete(session);
      return call;
    },
  };
};
