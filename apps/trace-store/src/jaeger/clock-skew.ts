import { isIPv4 } from 'node:net';
import { goDuration } from './go-format.js';
import { noSpanId } from './model.js';
import type { Process } from './model.js';

/** Of a span what decides whether its clock is doubted. */
export interface PlacedSpan {
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 hex digits; {@link noSpanId} where it has none. */
  readonly parentId: string;
  /** Nanoseconds. */
  readonly start: bigint;
  readonly duration: bigint;
  /** Of its process, by {@link hostOf}. */
  readonly host: string;
}

/** The host of a process by its `ip`; empty where it cannot be told. */
export const hostOf = ({ tags }: Process): string => {
  const address = tags.find(({ key }) => key === 'ip');
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

/** The tree as places in the list of spans: -1 is none. A trace may have so many spans that objects would cost much. */
interface Tree {
  readonly roots: readonly number[];
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
}

const treeOf = (spans: readonly PlacedSpan[], warnings: Map<number, string>): Tree => {
  const places = new Map<string, number>();
  spans.forEach(({ spanId }, place) => {
    if (places.has(spanId)) warnings.set(place, 'duplicate span IDs; skipping clock skew adjustment');
    else places.set(spanId, place);
  });
  const firstChild = new Int32Array(spans.length).fill(-1);
  const nextSibling = new Int32Array(spans.length).fill(-1);
  const roots: number[] = [];
  spans.forEach(({ parentId }, place) => {
    if (warnings.has(place)) return;
    const parent = parentId === noSpanId ? undefined : places.get(parentId);
    if (parent !== undefined) {
      nextSibling[place] = firstChild[parent]!;
      firstChild[parent] = place;
      return;
    }
    if (parentId !== noSpanId) {
      warnings.set(place, `invalid parent span IDs=${parentId}; skipping clock skew adjustment`);
    }
    roots.push(place);
  });
  return { roots, firstChild, nextSibling };
};

const skewOf = (child: PlacedSpan, parent: PlacedSpan): bigint => {
  if (child.duration > parent.duration) {
    return child.start < parent.start ? parent.start - child.start : 0n;
  }
  const fits = child.start >= parent.start && child.start + child.duration <= parent.start + parent.duration;
  return fits ? 0n : parent.start + (parent.duration - child.duration) / 2n - child.start;
};

/**
 * What Jaeger, with its default of no adjustment, warns of: spans that lie outside of their parent on another or an
 * unknown host, parents that are missing and ids that stand twice; by the place of the span in the list. Moves no time.
 */
export const clockSkewWarnings = (spans: readonly PlacedSpan[]): ReadonlyMap<number, string> => {
  const warnings = new Map<number, string>();
  const { roots, firstChild, nextSibling } = treeOf(spans, warnings);
  /** Those that are not 0. */
  const deltas = new Map<number, bigint>();
  // A stack of its own: traces may be deeper than the call stack.
  const waiting = [...roots];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const parent = spans[place]!;
    const delta = deltas.get(place) ?? 0n;
    for (let child = firstChild[place]!; child >= 0; child = nextSibling[child]!) {
      const { host } = spans[child]!;
      const isForeign = host !== parent.host || host === '';
      const moved = isForeign ? skewOf(spans[child]!, parent) : delta;
      if (moved !== 0n) {
        deltas.set(child, moved);
        warnings.set(
          child,
          `clock skew adjustment disabled; not applying calculated delta of ${goDuration(moved)}`,
        );
      }
      waiting.push(child);
    }
  }
  return warnings;
};
