/** A span of the query API, as much of it as is looked at. */
export interface SpanView {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | undefined;
  readonly tags: ReadonlyMap<string, unknown>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const readSpan = ({ spanID: id, operationName: name, references, tags }: Json): SpanView => {
  const parent = list(references).find(({ refType }) => refType === 'CHILD_OF')?.spanID;
  return {
    id: textOf(id) ?? '',
    name: textOf(name) ?? '',
    parentId: textOf(parent),
    tags: new Map(list(tags).map(({ key, value }) => [String(key), value])),
  };
};

/** The spans of the trace that Jaeger's query API answered with. A span that came twice is there once. */
export const readTrace = (answer: unknown): readonly SpanView[] => {
  const [trace] = list(isObject(answer) ? answer.data : undefined);
  const spans = list(trace?.spans).map(readSpan);
  return [...new Map(spans.map((span) => [span.id, span])).values()];
};
