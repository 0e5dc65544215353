import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openShared, sharedBytes } from './cells.js';
import { SpoolIntake } from './intake/spool-intake.js';
import { SpoolSource } from './sender/spool-source.js';
import { crc32, plainCrc32 } from './spool/crc32.js';
import { frameScratch, readFrame, writeFrame } from './spool/frames.js';
import { PositionFile, start, type SpoolPosition } from './spool/position-file.js';
import { listSegments, segmentFile } from './spool/segments.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kaizen-spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const limits = { events: 4, bytes: 4096 };

const written = (segmentBytes: number, lines: readonly string[]): void => {
  const intake = new SpoolIntake(openShared(new SharedArrayBuffer(sharedBytes)), {
    openFolder: () => directory,
    maxBytes: 1024 ** 3,
    segmentBytes,
    onUnwritable: () => undefined,
  });
  for (const line of lines) expect(intake.put(line)).toBe('put');
  intake.close();
};

interface Left {
  readonly source: SpoolSource;
  torn: number;
}

/** Reads what a dead process left. */
const left = (): Left => {
  const found: { source?: SpoolSource; torn: number } = { torn: 0 };
  found.source = new SpoolSource({
    folder: directory,
    written: undefined,
    batchBytes: 4096,
    firstSegment: 1,
    waiting: () => ({ events: 0, bytes: 0 }),
    onSettled: () => undefined,
    onFreed: () => undefined,
    onTorn: () => (found.torn += 1),
    onProblem: (error) => {
      throw error;
    },
  });
  return found as Left;
};

const drained = (source: SpoolSource): { readonly lines: string[]; readonly repeated: number } => {
  const lines: string[] = [];
  let repeated = 0;
  for (let batch = source.peek(limits); batch.lines.length > 0; batch = source.peek(limits)) {
    lines.push(...batch.lines);
    source.begin(batch, batch.lines.length);
    repeated += source.settle(batch, batch.lines.length);
  }
  return { lines, repeated };
};

const lines = fc.array(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((text) => text.toWellFormed()),
  {
    minLength: 1,
    maxLength: 30,
  },
);

describe('a frame', () => {
  it('has the checksum of zlib, with and without zlib', () => {
    expect(plainCrc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(plainCrc32(Buffer.from(bytes))).toBe(crc32(Buffer.from(bytes)));
      }),
    );
  });

  it('is read whole or not at all', () => {
    fc.assert(
      fc.property(lines, fc.nat(200), ([line], cut) => {
        const scratch = frameScratch();
        const size = writeFrame(scratch, line!);
        expect(readFrame(scratch, 0, size)).toEqual({ type: 'frame', line, end: size });
        expect(readFrame(scratch, 0, Math.min(cut, size - 1)).type).toBe('incomplete');
      }),
      { numRuns: 50 },
    );
  });

  it('holds the largest line there may be, and none that is larger', () => {
    const scratch = frameScratch();
    const largest = 512 * 1024;
    expect(writeFrame(scratch, 'x'.repeat(largest))).toBe(largest + 8);
    expect(writeFrame(scratch, 'x'.repeat(largest + 1))).toBe(0);
    expect(writeFrame(scratch, `${'x'.repeat(largest - 1)}é`)).toBe(0);
    expect(writeFrame(scratch, `${'x'.repeat(largest - 2)}\u{1F600}`)).toBe(0);
    expect(writeFrame(scratch, `${'x'.repeat(largest - 4)}\u{1F600}`)).toBe(largest + 8);
  });
});

describe('a spool folder', () => {
  const empty = (): void => readdirSync(directory).forEach((name) => rmSync(join(directory, name)));

  it('gives back what was written, wherever its segments end', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 400 }), (given, segmentBytes) => {
        empty();
        written(segmentBytes, given);
        const { source } = left();
        expect(drained(source).lines).toEqual(given);
        source.close();
        expect(listSegments(directory)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('loses only what was cut, wherever the last segment is cut, and counts the cut', () => {
    fc.assert(
      fc.property(lines, fc.nat(), fc.boolean(), (given, at, isGarbage) => {
        empty();
        written(1_000_000, given);
        const path = segmentFile(directory, 1);
        const size = readFileSync(path).length;
        const cut = at % (size + 1);
        truncateSync(path, cut);
        if (isGarbage) appendFileSync(path, Buffer.from('garbage that is no frame'));
        const found = left();
        const read = drained(found.source).lines;
        found.source.close();
        expect(read).toEqual(given.slice(0, read.length));
        const whole = given.slice(0, read.length).reduce((sum, line) => sum + 8 + Buffer.byteLength(line), 0);
        expect(whole).toBeLessThanOrEqual(cut);
        expect(cut - whole).toBeLessThan(8 + 4 * 60 + 1);
        expect(found.torn).toBe(cut > whole || isGarbage ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });

  it('goes on after a restart at any point: nothing is left out, and at most the last batch comes again, counted', () => {
    const where = fc.constantFrom('peeked' as const, 'begun' as const, 'settled' as const);
    fc.assert(
      fc.property(lines, fc.array(fc.tuple(fc.nat(3), where)), (given, restarts) => {
        empty();
        written(200, given);
        const sent: string[] = [];
        let counted = 0;
        for (const [batches, point] of restarts) {
          const { source } = left();
          for (let index = 0; index <= batches; index += 1) {
            const batch = source.peek(limits);
            if (batch.lines.length === 0) break;
            if (index === batches && point === 'peeked') break;
            source.begin(batch, batch.lines.length);
            sent.push(...batch.lines);
            if (index === batches && point === 'begun') break;
            counted += source.settle(batch, batch.lines.length);
          }
          source.close();
        }
        const { source } = left();
        const rest = drained(source);
        source.close();
        sent.push(...rest.lines);
        counted += rest.repeated;
        expect([...new Set(sent)].sort()).toEqual([...new Set(given)].sort());
        const crashes = restarts.filter(([, point]) => point === 'begun').length;
        expect(sent.length - given.length).toBeLessThanOrEqual(crashes * limits.events);
        expect(counted).toBeGreaterThanOrEqual(Math.min(1, sent.length - given.length));
      }),
      { numRuns: 100 },
    );
  });
});

describe('the position', () => {
  const position = (offset: number): SpoolPosition => ({
    acknowledged: { segment: 1, offset },
    attempted: { segment: 1, offset: offset + 10 },
    events: offset,
  });

  it('is the last that was recorded', () => {
    const file = new PositionFile(directory);
    expect(file.position).toEqual(start);
    for (const offset of [1, 2, 3]) file.write(position(offset));
    file.close();
    expect(new PositionFile(directory).position).toEqual(position(3));
  });

  it('is the one before where the last was torn, whichever byte is wrong', () => {
    for (let byte = 0; byte < 60; byte += 1) {
      const folder = mkdtempSync(join(directory, 'torn-'));
      const file = new PositionFile(folder);
      file.write(position(1));
      file.write(position(2));
      file.close();
      const path = join(folder, 'position');
      const bytes = readFileSync(path);
      bytes[byte] = bytes[byte]! ^ 0x55;
      writeFileSync(path, bytes);
      expect(new PositionFile(folder).position).toEqual(position(1));
    }
  });
});
