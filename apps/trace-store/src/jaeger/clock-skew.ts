import { isIPv4 } from 'node:net';
import { goDuration } from './go-format.js';
import { noSpanId, parentOf } from './model.js';
import type { JaegerSpan } from './model.js';

interface Node {
  readonly span: JaegerSpan;
  readonly host: string;
  readonly children: Node[];
}

const warn = (span: JaegerSpan, warning: string): void => {
  span.warnings = [...span.warnings, warning];
};

/** The host of a span by its process's `ip`; empty where it cannot be told. */
const hostOf = ({ process }: JaegerSpan): string => {
  const address = process.tags.find(({ key }) => key === 'ip');
  if (address?.type === 'string') return address.value;
  if (address?.type === 'int64') {
    const bits = BigInt.asUintN(32, address.value);
    return [24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 0xffn).toString()).join('.');
  }
  if (address?.type === 'binary') return addressOf(address.value);
  return '';
};

/** The address in four or sixteen bytes; one of IPv4 that is mapped into IPv6 equals its plain form. */
const addressOf = (bytes: Uint8Array): string => {
  if (bytes.length !== 4 && bytes.length !== 16) return '';
  const isMapped = Buffer.from(bytes).toString('hex').startsWith('00000000000000000000ffff');
  const plain = Array.from(bytes.subarray(bytes.length === 16 && isMapped ? 12 : 0)).join('.');
  return isIPv4(plain) ? plain : Buffer.from(bytes).toString('hex');
};

const nodesOf = (spans: readonly JaegerSpan[]): Map<string, Node> => {
  const nodes = new Map<string, Node>();
  for (const span of spans) {
    if (nodes.has(span.spanId)) warn(span, 'duplicate span IDs; skipping clock skew adjustment');
    else nodes.set(span.spanId, { span, host: hostOf(span), children: [] });
  }
  return nodes;
};

const rootsOf = (nodes: ReadonlyMap<string, Node>): readonly Node[] => {
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parentId = parentOf(node.span);
    const parent = parentId === noSpanId ? undefined : nodes.get(parentId);
    if (parent !== undefined) {
      parent.children.push(node);
      continue;
    }
    if (parentId !== noSpanId) {
      warn(node.span, `invalid parent span IDs=${parentId}; skipping clock skew adjustment`);
    }
    roots.push(node);
  }
  return roots;
};

const skewOf = (child: JaegerSpan, parent: JaegerSpan): bigint => {
  if (child.duration > parent.duration) {
    return child.start < parent.start ? parent.start - child.start : 0n;
  }
  const fits = child.start >= parent.start && child.start + child.duration <= parent.start + parent.duration;
  return fits ? 0n : parent.start + (parent.duration - child.duration) / 2n - child.start;
};

/**
 * Warns, as Jaeger does with its default of no adjustment, of spans that lie outside of their parent on another or an
 * unknown host, of parents that are missing and of ids that stand twice. Moves no time.
 */
export const warnOfClockSkew = (spans: readonly JaegerSpan[]): void => {
  const roots = rootsOf(nodesOf(spans));
  // A stack of its own: traces may be deeper than the call stack.
  const waiting = roots.map((node) => ({ node, delta: 0n }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, delta } = next;
    if (delta !== 0n) {
      warn(
        node.span,
        `clock skew adjustment disabled; not applying calculated delta of ${goDuration(delta)}`,
      );
    }
    for (const child of node.children) {
      const isForeign = child.host !== node.host || child.host === '';
      waiting.push({ node: child, delta: isForeign ? skewOf(child.span, node.span) : delta });
    }
  }
};
