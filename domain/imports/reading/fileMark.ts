import { stat } from 'node:fs/promises';
import { refuseMissing, unusable } from './checkWhole.ts';

/** A file as it was when it was begun to be read. */
export interface FileMark {
  readonly file: string;
  readonly size: number;
  readonly mtime: Date;
  /** Another once somebody has written to the file, or put another in its place. */
  readonly mark: string;
}

/** @throws Failure `SourceUnavailable` where the file is missing */
export async function markFile(file: string): Promise<FileMark> {
  const { ino, size, mtime, mtimeNs } = await stat(file, { bigint: true }).catch(refuseMissing(file));
  return { file, size: Number(size), mtime, mark: `${ino} ${size} ${mtimeNs}` };
}

/**
 * That nobody wrote to files while they were read: half of one would pass for the whole, where it was cut between two lines.
 * @throws Failure `SourceCorrupt` where somebody did, `SourceUnavailable` where one is gone
 */
export async function expectUnchanged(marks: readonly FileMark[]): Promise<void> {
  for (const { file, mark } of marks) {
    if ((await markFile(file)).mark !== mark) throw unusable(file, 'it changed while it was read; import it again once it stands still');
  }
}
