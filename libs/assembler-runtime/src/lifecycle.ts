/**
 * One partition's life:
 *
 *     assigned ──▶ acquiring ──▶ restoring ──▶ running ──▶ draining ──▶ released
 *                    ▲  │            │            │            │           ▲
 *                    └──┴── retry ◀──┴────────────┴────────────┘           │
 *                       │            │            │                        │
 *                       └── halted ◀─┴────────────┘── (until the lease ends) ┘
 *
 * Legal transitions are data, checked in one place.
 */
const transitions = {
  assigned: ['acquiring', 'released'],
  acquiring: ['acquiring', 'restoring', 'halted', 'released'],
  restoring: ['running', 'acquiring', 'halted', 'released'],
  running: ['draining', 'acquiring', 'halted', 'released'],
  draining: ['acquiring', 'halted', 'released'],
  halted: ['released'],
  released: [],
} as const satisfies Record<string, readonly string[]>;

/** Where in its life a partition is. */
export type Phase = keyof typeof transitions;

/**
 * The phase after `from`, where going there is legal.
 *
 * @throws Error where it is not: a bug of the caller.
 */
export const moveTo = (from: Phase, to: Phase): Phase => {
  const legal: readonly Phase[] = transitions[from];
  if (!legal.includes(to)) throw new Error(`a partition cannot go from ${from} to ${to}`);
  return to;
};
