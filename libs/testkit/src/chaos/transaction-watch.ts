import { apiKeys, followFrames, readRequestHead, type RequestHead } from './frames.js';

/** A moment in the life of a transaction, as seen between its client and the broker. */
export type Moment =
  /** Records were just sent. */
  | 'sent'
  /** The request to commit is on its way, and will never arrive. */
  | 'before-commit'
  /** The request to commit is on its way and arrives; the answer finds nobody. */
  | 'after-commit';

/** Where a client's transactions stand. */
export interface OpenTransactions {
  /** Records were sent, the commit was not asked for yet. */
  readonly sending: number;
  /** The commit was asked for and not answered. */
  readonly committing: number;
}

/** What one connection tells the watch. */
export interface WatchedConnection {
  /** Bytes to the broker; false: they must not arrive, nor anything after them. */
  request(chunk: Buffer): boolean;
  answer(chunk: Buffer): void;
  closed(): void;
}

/** Follows the transactions of every client by what passes on the wire, so that nothing of the product has to tell. */
export interface TransactionWatch {
  connection(): WatchedConnection;
  /** What of the client is between its first send and the answer to its commit, now. */
  openOf(clientId: string): OpenTransactions;
  /** Calls `act` at the client's next such moment, while the bytes are held; calling the result gives up. */
  atNext(moment: Moment, clientId: string, act: () => void): () => void;
}

type Stage = 'sending' | 'committing';

interface Trap {
  readonly moment: Moment;
  readonly clientId: string;
  readonly act: () => void;
}

const momentsOf = ({ apiKey, transactionalId }: RequestHead): readonly Moment[] => {
  if (transactionalId === undefined) return [];
  if (apiKey === apiKeys.endTxn) return ['before-commit', 'after-commit'];
  return apiKey === apiKeys.produce || apiKey === apiKeys.txnOffsetCommit ? ['sent'] : [];
};

/** Where the transactions of each client stand. */
class Board {
  readonly #open = new Map<string, Map<string, Stage>>();
  readonly #traps = new Set<Trap>();

  of(clientId: string): Map<string, Stage> {
    const found = this.#open.get(clientId) ?? new Map<string, Stage>();
    this.#open.set(clientId, found);
    return found;
  }

  set(trap: Trap): () => void {
    this.#traps.add(trap);
    return () => void this.#traps.delete(trap);
  }

  /** Whether the request may arrive. */
  spring(head: RequestHead): boolean {
    const moments = momentsOf(head);
    for (const trap of this.#traps) {
      if (trap.clientId !== head.clientId || !moments.includes(trap.moment)) continue;
      this.#traps.delete(trap);
      trap.act();
      return trap.moment !== 'before-commit';
    }
    return true;
  }
}

const watchConnection = (board: Board): WatchedConnection => {
  const own = new Map<string, string>();
  const commits = new Map<number, RequestHead>();
  let passes = true;
  const asked = followFrames((bytes) => {
    const head = readRequestHead(bytes);
    if (head?.transactionalId === undefined) return;
    const { apiKey, clientId, transactionalId, correlationId } = head;
    if (apiKey === apiKeys.produce) board.of(clientId).set(transactionalId, 'sending');
    if (apiKey === apiKeys.endTxn) {
      board.of(clientId).set(transactionalId, 'committing');
      commits.set(correlationId, head);
    }
    own.set(transactionalId, clientId);
    if (!board.spring(head)) passes = false;
  });
  const answered = followFrames((bytes) => {
    const commit = commits.get(bytes.readInt32BE(0));
    if (commit?.transactionalId === undefined) return;
    commits.delete(commit.correlationId);
    board.of(commit.clientId).delete(commit.transactionalId);
  });
  return {
    request: (chunk) => {
      asked(chunk);
      return passes;
    },
    answer: answered,
    closed: () => {
      for (const [transactionalId, clientId] of own) board.of(clientId).delete(transactionalId);
    },
  };
};

/** Opens a watch over all connections that are reported to it. */
export const openTransactionWatch = (): TransactionWatch => {
  const board = new Board();
  return {
    connection: () => watchConnection(board),
    openOf: (clientId) => {
      const stages = [...board.of(clientId).values()];
      const committing = stages.filter((stage) => stage === 'committing').length;
      return { sending: stages.length - committing, committing };
    },
    atNext: (moment, clientId, act) => board.set({ moment, clientId, act }),
  };
};
