import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cell, openShared, sharedBytes } from './cells.js';
import { SpoolIntake } from './intake/spool-intake.js';
import { adopt, isAdoptedBy, listFolders, makeFolder, newMark, release, showAlive } from './spool/folders.js';
import { thisOwner } from './spool/owner.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kaizen-spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the folders of a spool', () => {
  const self = { owner: thisOwner(), mark: newMark() };
  const dead = { owner: { ...self.owner, pid: 2 ** 22 + 5 }, mark: newMark() };

  it('are adopted from the dead, by one', () => {
    const folder = makeFolder(directory, dead);
    const winners = [1, 2, 3].map(() => adopt(directory, folder, self)).filter((each) => each !== undefined);
    expect(winners).toHaveLength(1);
    expect(isAdoptedBy(winners[0]!, self)).toBe(true);
    expect(listFolders(directory)).toHaveLength(1);
    expect(adopt(directory, listFolders(directory)[0]!, self)).toBeUndefined();
  });

  it('are adopted from a process whose id another has now', () => {
    const before = { owner: { ...self.owner, startedAt: self.owner.startedAt + 1 }, mark: newMark() };
    expect(adopt(directory, makeFolder(directory, before), self)).toBeDefined();
  });

  it('are left to the living', () => {
    expect(adopt(directory, makeFolder(directory, { ...self, mark: newMark() }), self)).toBeUndefined();
  });

  it('are left to another machine while it shows that it lives', () => {
    const far = { owner: { ...self.owner, host: 'elsewhere' }, mark: newMark() };
    const folder = makeFolder(directory, far);
    showAlive(folder.path);
    expect(adopt(directory, folder, self)).toBeUndefined();
  });

  it('are for whoever comes, once they are released', () => {
    const folder = makeFolder(directory, { ...self, mark: newMark() });
    release(directory, folder);
    expect(adopt(directory, listFolders(directory)[0]!, self)).toBeDefined();
  });

  it('come oldest first, and whatever else lies there is passed over', () => {
    writeFileSync(join(directory, 'notes.txt'), '');
    const names = [makeFolder(directory, dead), makeFolder(directory, dead)].map(({ name }) => name);
    expect(listFolders(directory).map(({ name }) => name)).toEqual(names.sort());
  });
});

describe('the agent’s side of the spool', () => {
  it('refuses where it cannot write, says so, and goes on when it can again', async () => {
    const problems: unknown[] = [];
    let isBroken = true;
    const shared = openShared(new SharedArrayBuffer(sharedBytes));
    const intake = new SpoolIntake(shared, {
      openFolder: () => {
        if (isBroken) throw new Error('read-only');
        return directory;
      },
      maxBytes: 1024 ** 2,
      segmentBytes: 1024,
      onUnwritable: (error) => problems.push(error),
    });
    expect(intake.put('x')).toBe('unwritable');
    expect(problems).toHaveLength(1);
    isBroken = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(intake.put('x')).toBe('put');
    expect(Atomics.load(shared.cells, cell.putEvents)).toBe(1);
    intake.close();
  });

  it('is full at its limit', () => {
    const intake = new SpoolIntake(openShared(new SharedArrayBuffer(sharedBytes)), {
      openFolder: () => directory,
      maxBytes: 100,
      segmentBytes: 1024,
      onUnwritable: () => undefined,
    });
    expect(intake.put('x'.repeat(80))).toBe('put');
    expect(intake.put('x'.repeat(80))).toBe('full');
    intake.close();
  });
});
