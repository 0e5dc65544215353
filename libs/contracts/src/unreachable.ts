/**
 * Ends a total switch: a new member of the union then fails to compile in each place that must learn it.
 *
 * @throws Error always; reaching it is a bug, not an outcome.
 */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
