import { unreachable } from '@kaizen-trace/contracts';

const universal = new Set(['agent_loop', 'specialist_invoke', 'plan_generation']);
const leaves = new Set(['llm_call', 'permission_check', 'checkpoint_save', 'interrupt']);

type Containment = 'everything' | 'other-agents-tools-too' | 'other-kinds' | 'nothing';

const containmentOf = (kind: string): Containment => {
  if (universal.has(kind)) return 'everything';
  if (kind === 'tool_use') return 'other-agents-tools-too';
  return leaves.has(kind) || kind.startsWith('memory_') ? 'nothing' : 'other-kinds';
};

/** Who would be contained: what a parent is chosen for. */
export interface Contained {
  readonly kind: string;
  readonly agentId: string;
}

/** What a POST says about the operation that it closes. */
export interface Closing extends Contained {
  readonly name: string | undefined;
  readonly callId: string | undefined;
}

/** Whether an operation may contain what `inner` is, by the contract's table. */
export const mayContain = (outer: Contained, inner: Contained): boolean => {
  const containment = containmentOf(outer.kind);
  switch (containment) {
    case 'everything':
      return true;
    case 'other-agents-tools-too':
      return inner.kind !== 'tool_use' || inner.agentId !== outer.agentId;
    case 'other-kinds':
      return inner.kind !== outer.kind;
    case 'nothing':
      return false;
    default:
      return unreachable(containment);
  }
};

/**
 * Splits possible parents so that those which may not contain something are exactly one group. Undefined: contains
 * nothing. Kinds have no colon, so groups do not meet.
 */
export const containerGroup = ({ kind, agentId }: Contained): string | undefined => {
  const containment = containmentOf(kind);
  switch (containment) {
    case 'everything':
      return '';
    case 'other-agents-tools-too':
      return `tool_use:${agentId}`;
    case 'other-kinds':
      return kind;
    case 'nothing':
      return undefined;
    default:
      return unreachable(containment);
  }
};

/** The group whose members may not contain `inner`; of a universal container or a leaf none has that name. */
export const excludedGroup = ({ kind, agentId }: Contained): string =>
  kind === 'tool_use' ? `tool_use:${agentId}` : kind;
