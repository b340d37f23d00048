import {
  backedUpBlobSchema,
  backedUpEnginesSchema,
  type BackedUpBlob,
  type BackedUpEngines,
  type BackupManifest,
  type BackupPart,
} from '../../contracts/backup.ts';
import { readPart, writePart, type BackupPlace } from './place.ts';

const LINES_AT_ONCE = 1_000;

/** Writes a part with a line of JSON for each. */
export const writeLines = (place: BackupPlace, name: string, lines: readonly unknown[], signal: AbortSignal): Promise<BackupPart> =>
  writePart(place, name, inChunks(lines), signal);

async function* inChunks(lines: readonly unknown[]): AsyncGenerator<Buffer> {
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE)
    yield Buffer.from(
      lines
        .slice(start, start + LINES_AT_ONCE)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
}

export const writeJson = (place: BackupPlace, name: string, value: unknown, signal: AbortSignal): Promise<BackupPart> =>
  writeLines(place, name, [value], signal);

async function readLines(place: BackupPlace, part: BackupPart, signal: AbortSignal): Promise<unknown[]> {
  const chunks: Buffer[] = [];
  await readPart(
    place,
    part,
    async (content) => {
      for await (const chunk of content) chunks.push(chunk);
    },
    signal,
  );
  const lines = Buffer.concat(chunks).toString().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as unknown);
}

export const readBlobList = async (place: BackupPlace, { blobs }: BackupManifest, signal: AbortSignal): Promise<BackedUpBlob[]> =>
  (await readLines(place, blobs.list, signal)).map((line) => backedUpBlobSchema.parse(line));

export const readEnginesPart = async (place: BackupPlace, { engines }: BackupManifest, signal: AbortSignal): Promise<BackedUpEngines> =>
  backedUpEnginesSchema.parse((await readLines(place, engines, signal))[0]);

/** Names under which a backup's blobs lie; it is written without encryption. */
export const readUsedNames = async (place: BackupPlace, { blobs }: BackupManifest, signal: AbortSignal): Promise<string[]> =>
  (await readLines({ ...place, cipher: undefined }, blobs.used, signal)) as string[];
