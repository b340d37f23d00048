import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { permanent } from '../../../contracts/failures.ts';
import type { TransferOptions } from './downloadFile.ts';
import { isOfASet } from '../reading/formats.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

/**
 * Unpacks the files of a set out of a zip, whatever folder they lie in there, and nothing else. @returns the folder they are in
 * @throws Failure `SourceCorrupt` where the zip is cut or broken, names files outside itself, or holds a file of the set twice
 */
export async function unpackSet(zip: string, folder: string, options: TransferOptions): Promise<string> {
  await makeFolder(folder);
  const archive = await yauzl.openPromise(zip, { autoClose: false }).catch((error: unknown) => {
    throw broken(zip, error);
  });
  try {
    await unpackEntries(archive, folder, options);
    return folder;
  } catch (error) {
    if (options.signal.aborted || isOfTheDisk(error)) throw error;
    throw broken(zip, error);
  } finally {
    archive.close();
  }
}

async function unpackEntries(archive: ZipFile, folder: string, { maxBytes, signal, onBytes }: TransferOptions): Promise<void> {
  const unpacked = new Set<string>();
  let bytes = 0;
  // yauzl refuses names that lead out of the folder; of those it lets through only the last part is used.
  for await (const entry of archive.eachEntry()) {
    const name = path.posix.basename(entry.fileName);
    if (entry.fileName.endsWith('/') || entry.fileName.startsWith('__MACOSX/') || !isOfASet(name)) continue;
    if (unpacked.has(name)) throw new Error(`it holds ${name} twice`);
    unpacked.add(name);
    const check = createCheck(entry, (length) => {
      bytes += length;
      if (bytes > maxBytes) throw new Error(`it unpacks to more than ${Math.round(maxBytes / 2 ** 20)} MB (IMPORT_MAX_MB)`);
      onBytes(bytes, null);
    });
    await pipeline(await archive.openReadStreamPromise(entry), check, createWriteStream(path.join(folder, name)), { signal });
  }
}

/** Passes a file on and compares its checksum, which yauzl leaves to its caller. */
function createCheck({ fileName, crc32: expected }: Entry, onLength: (length: number) => void): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        sum = crc32(chunk, sum);
        onLength(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush: (done) => done(sum === expected ? null : new Error(`${fileName} has another checksum than it should`)),
  });
}

const isOfTheDisk = (error: unknown) => ['ENOSPC', 'EIO', 'EACCES', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');

const broken = (zip: string, error: unknown) =>
  permanent('SourceCorrupt', `${path.basename(zip)} cannot be unpacked: ${(error as Error).message}`, { cause: error });
