/**
 * The file of the sender's thread, beside this one. Sources that run without a build, as in specs, take the built one:
 * a thread of its own cannot be transformed on the way.
 */
export const workerFile = (): URL =>
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/publishing/worker.js' : './worker.js',
    import.meta.url,
  );
