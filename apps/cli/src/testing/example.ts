import { type Running, startProcess } from './processes.js';
import { eventually, type JaegerQuery, type JaegerSpan, type JaegerTrace } from '@kaizen-trace/testkit';

/** What an example said, to its end. @throws Error with all of it where the example failed. */
export const runExample = async (
  name: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<string> => {
  const running: Running = startProcess(`examples/${name}/main.mjs`, args, env);
  const deadline = Date.now() + 60_000;
  while (running.child.exitCode === null && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 25));
  if (running.child.exitCode === null) await running.end('SIGKILL');
  if (running.child.exitCode !== 0)
    throw new Error(`${name} ended with ${running.child.exitCode ?? 'no code'}:\n${running.output()}`);
  return running.output();
};

/** The traces that an example points at, in the order in which it names them. */
export const tracesNamed = (said: string): readonly string[] =>
  [...said.matchAll(/\/trace\/([0-9a-f]{32})/g)].map(([, id = '']) => id);

/** The trace, once it has as many spans; fails after a while with what there is. */
export const traceOf = async (query: JaegerQuery, id: string, spans: number): Promise<JaegerTrace> => {
  let found: JaegerTrace | undefined;
  await eventually(`trace ${id} has ${spans} spans`, 30_000, async () => {
    found = await query.trace(id);
    return (found?.spans.length ?? 0) >= spans;
  }).catch((cause: unknown) => {
    throw new Error(`trace ${id} has ${found?.spans.length ?? 0} spans, not ${spans}`, { cause });
  });
  return found!;
};

const parentOf = ({ references }: JaegerSpan): string | undefined =>
  references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;

/** The tree of a trace, a span a line, with its service; siblings by name, since those of one moment have no order. */
export const shownTree = ({ spans, processes }: JaegerTrace): string => {
  const below = (parent: string | undefined, indent: string): readonly string[] =>
    spans
      .filter((span) => parentOf(span) === parent)
      .map((span) => [
        `${indent}${span.operationName} [${processes[span.processID]?.serviceName ?? ''}]`,
        ...below(span.spanID, `${indent}  `),
      ])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
      .flat();
  return below(undefined, '').join('\n');
};
