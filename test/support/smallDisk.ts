import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves no byte free. */
  fill(): void;
  /** Makes room again. */
  free(): void;
}

const SIZE = '1m';
const BLOCK = Buffer.alloc(4_096);
const mounted: string[] = [];

/** For `afterEach`: a test that fails leaves no disk either. */
export function removeSmallDisks(): void {
  for (const folder of mounted.splice(0)) {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  }
}

/**
 * A file system of 1 MB of its own in a temporary folder.
 * A test that mounts one says `afterEach(removeSmallDisks)`.
 * @returns undefined where the machine lets nobody mount one; the test then makes its write fail in another real way
 */
export function mountSmallDisk(): SmallDisk | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'mlops small disk '));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  mounted.push(folder);
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    fill() {
      try {
        for (;;) appendFileSync(ballast, BLOCK);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(ballast, { force: true }),
  };
}
