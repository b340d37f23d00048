import path from 'node:path/posix';
import { BLOB_KINDS, UNUSED_AFTER_HOURS, type BlobCleanupResult, type BlobKind, type UnusedBlobs } from '../../contracts/blobCleanup.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { folderOfRun } from '../../platform/folderOfRun.ts';
import type { Pool } from '../../platform/postgres.ts';
import { findOldestOpenRun, readBlobReferences, type BlobReferences } from './blobReferences.ts';
import { forgetDigests } from './digests.ts';

export interface Cleanup {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (folder: string) => void;
}

/** Blobs that live and go together. */
interface Folder {
  readonly kind: BlobKind;
  readonly name: string;
  blobs: number;
  bytes: number;
  writtenAt: number;
}

/**
 * Removes the blobs that nothing refers to, but for those of the last day and, of what runs write, those since the oldest run began that is not over.
 * References are read after the blobs were found, and what was written meanwhile is left: whoever takes up what lies there writes to its folder first.
 */
export async function removeUnusedBlobs(cleanup: Cleanup): Promise<BlobCleanupResult> {
  const { pool, isDryRun, signal, onProgress } = cleanup;
  const dayAgo = Date.now() - UNUSED_AFTER_HOURS * 3_600_000;
  const openSince = Math.min(dayAgo, (await findOldestOpenRun(pool))?.getTime() ?? dayAgo);
  const beforeOf = (kind: BlobKind) => (BY_RUNS.includes(kind) ? openSince : dayAgo);
  const { folders, unknown } = await findFolders(cleanup);
  const isUsed = usedBy(await readBlobReferences(pool));
  const unused = folders.filter((folder) => folder.writtenAt < beforeOf(folder.kind) && !isUsed(folder));
  const gone: Folder[] = [];
  // The deepest first, so that a folder that holds no more than those goes whole.
  for (const folder of unused.sort((a, b) => (a.name < b.name ? 1 : -1))) {
    signal.throwIfAborted();
    onProgress(folder.name);
    if (isDryRun || (await removeFolder(cleanup, folder, beforeOf(folder.kind)))) gone.unshift(folder);
  }
  return {
    dry_run: isDryRun,
    written_before: new Date(dayAgo).toISOString(),
    run_open_since: openSince < dayAgo ? new Date(openSince).toISOString() : null,
    unused: BLOB_KINDS.flatMap((kind) => summarize(kind, gone)),
    unknown: unknown.sort().slice(0, NAMES),
  };
}

const NAMES = 5;
const BY_RUNS: readonly BlobKind[] = ['snapshots', 'trained', 'runs'];

async function findFolders({ blobs, signal, onProgress }: Cleanup): Promise<{ folders: Folder[]; unknown: string[] }> {
  const folders = new Map<string, Folder>();
  const kinds: readonly string[] = BLOB_KINDS;
  const known = [...kinds, KEPT];
  const unknown = new Set((await blobs.entries(blobs.uriOf(''))).map(({ name }) => name).filter((name) => !known.includes(name)));
  for (const kind of BLOB_KINDS) {
    for await (const { key, bytes, modifiedAt } of blobs.walk(blobs.uriOf(kind))) {
      signal.throwIfAborted();
      const name = FOLDER[kind].exec(key)?.[0];
      if (name === undefined) {
        if (unknown.size < MOST_UNKNOWN) unknown.add(key);
        continue;
      }
      const folder = folders.get(name) ?? { kind, name, blobs: 0, bytes: 0, writtenAt: 0 };
      folder.blobs += 1;
      folder.bytes += bytes;
      folder.writtenAt = Math.max(folder.writtenAt, modifiedAt.getTime());
      folders.set(name, folder);
    }
    onProgress(kind);
  }
  return { folders: [...folders.values()], unknown: [...unknown] };
}

/** Who was erased: kept for whoever restores a backup. */
const KEPT = 'erasures';

const MOST_UNKNOWN = 1_000;

/** Which folder a key's blob lives and goes with. A key of no such shape is nobody's here. */
const FOLDER: Readonly<Record<BlobKind, RegExp>> = {
  snapshots: /^snapshots\/[0-9a-f]{64}(?=\/)/,
  trained: /^trained\/\w+\/[0-9a-f]{64}(?=\/)/,
  runs: /^runs\/.+(?=\/[^/]+$)/,
  artifacts: /^artifacts\/\d+\/(models\/m-)?[0-9a-f]{32}(?=\/artifacts\/)/,
  uploads: /^uploads\/[0-9a-f-]{36}(?=\/)/,
};

function usedBy({ digests, workRuns, runKeys, owners }: BlobReferences): (folder: Folder) => boolean {
  const ofRuns = new Set([...workRuns.map((id) => `runs/${folderOfRun(id)}`), ...runKeys, ...runKeys.map((key) => path.dirname(key))]);
  const isUsed: Readonly<Record<BlobKind, (name: string) => boolean>> = {
    snapshots: (name) => digests.has(path.basename(name)),
    trained: (name) => digests.has(path.basename(name)),
    runs: (name) => ofRuns.has(name) || (name.includes('/') && isUsed.runs(path.dirname(name))),
    artifacts: (name) => owners.has(path.basename(name).replace(/^m-/, '')),
    uploads: () => false,
  };
  return ({ kind, name }) => isUsed[kind](name);
}

/** @returns whether it is gone; false where somebody writes to it again */
async function removeFolder({ pool, blobs }: Cleanup, { kind, name }: Folder, before: number): Promise<boolean> {
  const own: string[] = [];
  let isShared = false;
  for await (const { key, modifiedAt } of blobs.walk(blobs.uriOf(name))) {
    if (FOLDER[kind].exec(key)?.[0] !== name) isShared = true;
    else if (modifiedAt.getTime() >= before) return false;
    else own.push(key);
  }
  for (const key of isShared ? own : [name]) await blobs.remove(blobs.uriOf(key));
  if (kind === 'artifacts') await forgetDigests(pool, name.slice('artifacts/'.length));
  return true;
}

function summarize(kind: BlobKind, folders: readonly Folder[]): UnusedBlobs[] {
  const found = folders.filter((folder) => folder.kind === kind);
  if (found.length === 0) return [];
  const sum = (of: (folder: Folder) => number) => found.reduce((total, folder) => total + of(folder), 0);
  const names = found.slice(0, NAMES).map(({ name }) => name);
  return [{ kind, folders: found.length, blobs: sum(({ blobs }) => blobs), bytes: sum(({ bytes }) => bytes), names }];
}
