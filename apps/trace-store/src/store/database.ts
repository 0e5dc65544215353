import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';

/** Keys and values are bytes; every layout is written down in `keys.ts`. */
export type ByteMap = Database<Buffer, Buffer>;

/** The tables of the trace store, in one LMDB environment, so that one transaction covers them all. */
export interface TraceDatabase {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** Everything of a trace under its id: resources with scopes, spans, and where the search index knows it. */
  readonly traces: ByteMap;
  /** Traces by the time at which they were last written to, as far as retention has looked. */
  readonly ages: ByteMap;
  /** Traces by service and time, for searches. */
  readonly index: ByteMap;
  /** Names of services and operations. */
  readonly names: ByteMap;
}

const tables = { keyEncoding: 'binary', encoding: 'binary' } as const;

/**
 * Opens the trace store under the folder `path`, which is made where it is absent. One process at a time writes it.
 *
 * @throws Error where the folder cannot be written or holds no LMDB environment.
 */
export const openDatabase = (path: string): TraceDatabase => {
  const root: RootDatabase<Buffer, Buffer> = open({
    path,
    noSubdir: false,
    maxDbs: 8,
    // A commit is answered when it is on the disk, not before.
    overlappingSync: false,
    ...tables,
  });
  const table = (name: string): ByteMap => root.openDB({ name, ...tables });
  return {
    root,
    traces: table('traces'),
    ages: table('ages'),
    index: table('index'),
    names: table('names'),
  };
};

interface TableStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Bytes of the pages in use. Freed pages stay in the file and are used again, so the file may be larger. */
export const usedBytes = ({ traces, ages, index, names }: TraceDatabase): number => {
  let bytes = 0;
  for (const table of [traces, ages, index, names]) {
    const stats = table.getStats() as TableStats;
    bytes += stats.pageSize * (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages);
  }
  return bytes;
};
