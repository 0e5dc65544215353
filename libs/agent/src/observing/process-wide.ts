/**
 * The one value of this name in the process, made by whoever asks first. An application may load the package twice, as an
 * ES module and as CommonJS; a run must be seen from both.
 */
export const processWide = <Value>(name: string, create: () => Value): Value => {
  const key = Symbol.for(`kaizen-trace.agent.1.${name}`);
  const place = globalThis as unknown as Record<symbol, Value | undefined>;
  return (place[key] ??= create());
};
