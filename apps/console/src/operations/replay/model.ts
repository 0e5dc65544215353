export const targets = ['dry-run', 'backend', 'verify'] as const;
export type Target = (typeof targets)[number];

export interface ReplayRequest {
  readonly target: Target;
  readonly from: string | null;
  readonly to: string | null;
  readonly partitions: readonly number[] | null;
  readonly trace_ids: readonly string[];
  readonly services: readonly string[];
  readonly layout: 'events' | 'operations' | null;
  readonly skip_incomplete: boolean;
}

/** A replay as lists show it. */
export interface Replay {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly request: ReplayRequest;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly failure: string | null;
  readonly waiting: string | null;
  readonly partitions: number;
  readonly progress: {
    readonly fraction: number;
    readonly records: number;
    readonly records_per_second: number;
    readonly spans: number;
    readonly refused: number;
    readonly skipped: number;
    readonly incomplete: number;
    readonly open: number;
    readonly dead_letters: number;
  };
  readonly verdict: {
    readonly matched: number;
    readonly differences: number;
    readonly gone: number;
    readonly unfolded_partitions: readonly number[];
    readonly resettled_partitions: readonly number[];
  } | null;
}

/** With what it listed. */
export interface ShownReplay extends Replay {
  readonly listed: {
    readonly incomplete: readonly {
      readonly partition: number;
      readonly trace_id: string;
      readonly reason: string;
    }[];
    readonly open: readonly {
      readonly partition: number;
      readonly offset: string;
      readonly trace_id: string;
      readonly agent_id: string;
      readonly event_type: string;
      readonly name: string | null;
      readonly since: string;
    }[];
    readonly differences: readonly {
      readonly difference: string;
      readonly partition: number;
      readonly trace_id: string;
      readonly span_id: string;
      readonly name: string;
    }[];
    readonly refusals: readonly { readonly spans: number; readonly reason: string }[];
  };
}

/** What a target does, in a few words. */
export const targetNames: Readonly<Record<Target, string>> = {
  'dry-run': 'Dry run: count, send nothing',
  backend: 'Send to the backend again',
  verify: 'Compare with the span log',
};

/** What was asked for, on one line. */
export const describeRequest = ({
  from,
  to,
  trace_ids: traces,
  services,
  partitions,
}: ReplayRequest): string => {
  const range =
    from === null && to === null ? 'the whole log' : `from ${from ?? 'the start'} to ${to ?? 'now'}`;
  return [
    range,
    ...(traces.length > 0 ? [`trace ${traces.join(', ')}`] : []),
    ...(services.length > 0 ? [`service ${services.join(', ')}`] : []),
    ...(partitions === null ? [] : [`partition ${partitions.join(', ')}`]),
  ].join(' · ');
};
