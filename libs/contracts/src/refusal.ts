/** Why a value is not an event. The reason reads on from the field: `agent_id` "is required". */
export interface Refusal {
  readonly type: 'refused';
  /** Dotted path such as `result.error`, cut at 256 characters; null where the value as a whole is wrong. */
  readonly field: string | null;
  readonly reason: string;
}

const longestField = 256;

/** A refusal whose field is short enough for a report, however long the keys on the way to it are. */
export const refuse = (field: string | null, reason: string): Refusal => ({
  type: 'refused',
  field: field !== null && field.length > longestField ? `${field.slice(0, longestField - 1)}…` : field,
  reason,
});
