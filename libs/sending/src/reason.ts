/** The code of a system error, such as `ENOENT`; undefined where there is none. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** The innermost cause of an error, in one line: its code where it has one, else its message. */
export const reasonOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('cause' in error && typeof error.cause === 'object' && error.cause !== null)
    return reasonOf(error.cause);
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return codeOf(error) ?? (message === '' ? 'unknown error' : (message.split('\n')[0] ?? message));
};
