import { agentAt, hasFlag, kindAt, nameAt } from './columns.js';
import type { TraceColumns } from './columns.js';
import { repeated } from './flags.js';
import { operationKind, titleOf } from './kinds.js';
import type { Kind } from './kinds.js';
import { addTally, countRow, countTokens, noTally } from './tally.js';
import type { Tally } from './tally.js';

/** One kind of operation of an agent, all of them together. */
export interface OperationGroup {
  readonly title: string;
  readonly kind: Kind;
  readonly tally: Tally;
  /** The row of the first one. */
  readonly firstRow: number;
}

/** An agent where it stands: below whoever called it. */
export interface AgentNode {
  /** Its name, empty for spans without an agent. */
  readonly agent: string;
  /** Its runs: how often it was entered, and for how long. */
  readonly runs: Tally;
  /** What it did itself, by kind, those that took longest first. */
  readonly operations: readonly OperationGroup[];
  /** Whom it called. */
  readonly agents: readonly AgentNode[];
  /** Its operations and those of all below it; tokens too. */
  readonly total: Tally;
  readonly firstRow: number;
}

interface Draft {
  readonly agent: string;
  readonly runs: Tally;
  readonly operations: Map<string, OperationGroup>;
  readonly agents: Map<string, Draft>;
  readonly firstRow: number;
}

const draftOf = (agent: string, firstRow: number): Draft => ({
  agent,
  runs: noTally(),
  operations: new Map(),
  agents: new Map(),
  firstRow,
});

const childOf = (parent: Draft, agent: string, row: number): Draft => {
  const known = parent.agents.get(agent);
  if (known !== undefined) return known;
  const child = draftOf(agent, row);
  parent.agents.set(agent, child);
  return child;
};

const groupOf = (draft: Draft, columns: TraceColumns, row: number): OperationGroup => {
  const name = operationKind(nameAt(columns, row));
  const known = draft.operations.get(name);
  if (known !== undefined) return known;
  const group = { title: titleOf(name), kind: kindAt(columns, row), tally: noTally(), firstRow: row };
  draft.operations.set(name, group);
  return group;
};

const finished = (draft: Draft): AgentNode => {
  const agents = [...draft.agents.values()].map(finished);
  const operations = [...draft.operations.values()].sort((a, b) => b.tally.time - a.tally.time);
  const total = noTally();
  for (const { tally } of operations) addTally(total, tally);
  for (const agent of agents) {
    addTally(total, agent.total);
    total.errors += agent.runs.errors;
  }
  return { ...draft, agents, operations, total };
};

/**
 * Who called whom, and what each did. An agent called again by the same caller is one node with several runs. A span
 * without an agent belongs to the agent around it.
 */
export const agentTree = (columns: TraceColumns): readonly AgentNode[] => {
  const top = draftOf('', 0);
  const drafts: Draft[] = [];
  const groups: (OperationGroup | undefined)[] = [];
  for (let row = 0; row < columns.count; row++) {
    const above = columns.parent[row]!;
    const around = above < 0 ? top : drafts[above]!;
    if (hasFlag(columns, row, repeated)) {
      // A model's usage comes with the POST.
      countTokens(groups[above]?.tally ?? around.runs, columns, row);
      drafts.push(around);
      groups.push(undefined);
      continue;
    }
    const agent = agentAt(columns, row);
    const isEntry = around === top || (agent !== '' && agent !== around.agent);
    const draft = isEntry ? childOf(around, agent, row) : around;
    if (isEntry) countRow(draft.runs, columns, row);
    const isRun = isEntry && kindAt(columns, row) === 'agent';
    const group = isRun ? undefined : groupOf(draft, columns, row);
    if (group !== undefined) {
      countRow(group.tally, columns, row);
      countTokens(group.tally, columns, row);
    }
    drafts.push(draft);
    groups.push(group);
  }
  return finished(top).agents;
};

/** A row of the agents' tree as it is shown. */
export interface AgentRow {
  /** Equal rows have equal keys, also after a reload. */
  readonly key: string;
  readonly level: number;
  readonly hasChildren: boolean;
  readonly agent: AgentNode | undefined;
  readonly group: OperationGroup | undefined;
}

/** The rows of the tree, without what is under a key that is collapsed. */
export const agentRows = (
  nodes: readonly AgentNode[],
  collapsed: ReadonlySet<string>,
  { level = 1, path = '' } = {},
): readonly AgentRow[] =>
  nodes.flatMap((agent) => {
    const key = `${path}/${agent.agent}`;
    const hasChildren = agent.operations.length + agent.agents.length > 0;
    const own: AgentRow = { key, level, hasChildren, agent, group: undefined };
    if (collapsed.has(key)) return [own];
    const groups = agent.operations.map(
      (group): AgentRow => ({
        key: `${key}#${group.title}#${group.kind}`,
        level: level + 1,
        hasChildren: false,
        agent: undefined,
        group,
      }),
    );
    return [own, ...groups, ...agentRows(agent.agents, collapsed, { level: level + 1, path: key })];
  });

/** The keys of all agents. */
export const agentKeys = (nodes: readonly AgentNode[], path = ''): readonly string[] =>
  nodes.flatMap(({ agent, agents }) => [`${path}/${agent}`, ...agentKeys(agents, `${path}/${agent}`)]);
