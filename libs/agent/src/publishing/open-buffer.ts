import { reasonOf } from './reason.js';
import type { Shared } from './cells.js';
import type { Intake } from './intake/intake.js';
import { RingIntake } from './intake/ring-intake.js';
import { SpoolIntake } from './intake/spool-intake.js';
import type { CompiledOptions } from './options.js';
import type { Problems } from './problems.js';
import { openRingMemory } from './ring.js';
import type { OwnFolder, SenderJob, ToSender } from './sender/job.js';
import {
  foldersBytes,
  listLeft,
  makeFolder,
  newMark,
  removeFolder,
  showAlive,
  type Claimant,
  type SpoolFolder,
} from './spool/folders.js';
import { reservePosition } from './spool/position-file.js';
import { thisOwner } from './spool/owner.js';

/** Where lines wait, as the agent's thread sees it, and what the sender must know to find them. */
export interface OpenedBuffer {
  readonly intake: Intake;
  readonly forSender: () => SenderJob['buffer'];
  readonly spooledBytes: () => number;
}

interface BufferParts {
  readonly shared: Shared;
  readonly problems: Problems;
  /** Told of each folder of the spool that is made. */
  readonly onFolder: (message: ToSender & { readonly type: 'folder' }) => void;
}

const openRing = ({ bufferBytes, overflow }: CompiledOptions, { shared }: BufferParts): OpenedBuffer => {
  const memory = new SharedArrayBuffer(bufferBytes);
  return {
    intake: new RingIntake(shared.cells, openRingMemory(memory), overflow === 'drop-oldest'),
    forSender: () => ({ type: 'ring', memory }),
    spooledBytes: () => 0,
  };
};

const leftBytes = (directory: string, claimant: Claimant): number => {
  try {
    return foldersBytes(listLeft(directory, claimant));
  } catch {
    // Not made yet, or not readable, which is told when it is written to.
    return 0;
  }
};

const openFolder = (directory: string, claimant: Claimant): SpoolFolder => {
  const folder = makeFolder(directory, claimant);
  try {
    reservePosition(folder.path);
    showAlive(folder.path);
    return folder;
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
};

const largestSegment = 8 * 1024 * 1024;

const openSpool = (
  { directory, maxBytes }: NonNullable<CompiledOptions['spool']>,
  { shared, problems, onFolder }: BufferParts,
): OpenedBuffer => {
  const claimant = { owner: thisOwner(), mark: newMark() };
  // Before the first event: what is left takes its share of the room from the beginning.
  shared.counters.set('adoptedBytes', leftBytes(directory, claimant));
  let folder: OwnFolder | undefined;
  const intake = new SpoolIntake(shared, {
    maxBytes,
    segmentBytes: Math.min(largestSegment, Math.floor(maxBytes / 8)),
    openFolder: (next) => {
      const { name, path } = openFolder(directory, claimant);
      folder = { name, ...next };
      onFolder({ type: 'folder', folder });
      return path;
    },
    onUnwritable: (error) =>
      problems.tell('spool', `the spool in ${directory} cannot be written (${reasonOf(error)})`),
  });
  return {
    intake,
    forSender: () => ({ type: 'spool', directory, mark: claimant.mark, folder }),
    spooledBytes: () => intake.keptBytes(),
  };
};

/** Opens the buffer that the options ask for. */
export const openBuffer = (options: CompiledOptions, parts: BufferParts): OpenedBuffer =>
  options.spool === undefined ? openRing(options, parts) : openSpool(options.spool, parts);
