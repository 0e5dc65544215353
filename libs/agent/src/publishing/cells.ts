/**
 * The memory that the agent's thread and the sender's share, beside the events themselves: small numbers that wrap, and
 * counters that do not. Each has one writer, but where it says otherwise.
 */
const names = [
  /** Ring: the word that is read next. Moved by the sender, and by the agent where it drops. */
  'head',
  /** Spool: the segment that is being written, and how far. */
  'segment',
  'position',
  /** Events and words that the agent has put in, ever; with the ring, the words are where it writes next. */
  'putEvents',
  'putWords',
  /** Events that the agent has given up, to make room or with a folder that another took over, ever. */
  'droppedEvents',
  /** Events that the sender is done with, ever. */
  'takenEvents',
  /** 1 while the sender sleeps; the agent may set it to 0. */
  'asleep',
  /** `putEvents` and `putWords` from which on the sender wants to be woken. */
  'wakeAtEvents',
  'wakeAtWords',
  /** The sender sleeps on it; either side raises it. */
  'bell',
  /** The agent waits on it; the sender raises it after each step. */
  'progress',
  /** 1 while the other side does not answer. */
  'away',
  /** How many flushes are waiting: then nothing lingers. Changed by the agent. */
  'flushing',
] as const;

const counterNames = [
  'delivered',
  'refused',
  /** Dropped by the agent, and delivered all the same. */
  'rescued',
  'retries',
  'possiblyRepeated',
  /** On their way, outcome unknown. */
  'inFlight',
  /** Spool: bytes deleted of what this process wrote, and acknowledged of it. */
  'freedBytes',
  'acknowledgedBytes',
  /** Spool: what earlier processes left. */
  'adoptedBytes',
  'adoptedDelivered',
  'adoptedRefused',
  'tornTails',
] as const;

type Name = (typeof names)[number];
type CounterName = (typeof counterNames)[number];

/** The index of each cell. */
export const cell = Object.fromEntries(names.map((name, index) => [name, index])) as Readonly<
  Record<Name, number>
>;

const counterIndex = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Readonly<
  Record<CounterName, number>
>;

/** The counters begin where they are aligned. */
const cellBytes = names.length * 4;
const countersAt = Math.ceil(cellBytes / 8) * 8;

/** Bytes of the shared memory. */
export const sharedBytes = countersAt + counterNames.length * 8;

/** Counters beyond 2^53 would take longer than any process lives. */
export interface Counters {
  readonly read: (name: CounterName) => number;
  readonly add: (name: CounterName, by: number) => void;
  readonly set: (name: CounterName, to: number) => void;
}

/** One side's view of the shared memory. */
export interface Shared {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly counters: Counters;
}

/** Opens a view of `memory`, which has {@link sharedBytes}. */
export const openShared = (memory: SharedArrayBuffer): Shared => {
  const values = new BigInt64Array(memory, countersAt, counterNames.length);
  return {
    cells: new Int32Array(memory, 0, names.length),
    counters: {
      read: (name) => Number(Atomics.load(values, counterIndex[name])),
      add: (name, by) => void Atomics.add(values, counterIndex[name], BigInt(by)),
      set: (name, to) => void Atomics.store(values, counterIndex[name], BigInt(to)),
    },
  };
};

/** Raises a cell and wakes whoever waits on it. */
export const ring = (cells: Int32Array<SharedArrayBuffer>, index: number): void => {
  Atomics.add(cells, index, 1);
  Atomics.notify(cells, index);
};

/** How far `a` is ahead of `b`, both counted modulo 2^32. */
export const ahead = (a: number, b: number): number => (a - b) | 0;
