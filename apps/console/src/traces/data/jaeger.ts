/** A key with its value, in Jaeger's JSON. An int64 above 2^53−1 and an array are text. */
export interface JaegerTag {
  readonly key: string;
  readonly type: string;
  readonly value: string | number | boolean | null;
}

/** Something that happened within a span. */
export interface JaegerLog {
  readonly timestamp: number;
  readonly fields: readonly JaegerTag[];
}

/** From a span to another, such as its parent. */
export interface JaegerReference {
  readonly refType: string;
  readonly traceID: string;
  readonly spanID: string;
}

/** A span in Jaeger's JSON; times are microseconds. */
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly JaegerLog[];
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}

/** Who made spans. */
export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly JaegerTag[];
}

/** A trace without its spans. */
export interface TraceFrame {
  readonly traceID: string;
  readonly processes: Readonly<Record<string, JaegerProcess>>;
  readonly warnings: readonly string[] | null;
}

/** An answer of the query API without its spans. */
export interface AnswerFrame {
  readonly data: readonly TraceFrame[] | null;
  readonly errors: readonly { readonly msg: string }[] | null;
}

/** The parent's span id: the first CHILD_OF within the trace, else the first reference within it. */
export const parentIdOf = ({ traceID, references }: JaegerSpan): string | undefined => {
  let fallback: string | undefined;
  for (const reference of references) {
    if (reference.traceID !== traceID) continue;
    if (reference.refType === 'CHILD_OF') return reference.spanID;
    fallback ??= reference.spanID;
  }
  return fallback;
};
