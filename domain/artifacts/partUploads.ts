import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { missing, refused } from '../../contracts/failures.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import type { Artifacts } from './artifacts.ts';

/** Blob folder of what has not become artifacts yet. */
const UPLOADS = 'uploads';
export const MOST_PARTS = 10_000;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const describedSchema = z.object({ path: z.string(), parts: z.number().int() });

export interface UploadedPart {
  readonly number: number;
  readonly version: string;
}

/** Uploads of large files in parts, in any order and at once. */
export function createPartUploads({ blobs, artifacts }: { readonly blobs: BlobStore; readonly artifacts: Artifacts }) {
  const keyOf = (id: string, name: string | number) => `${UPLOADS}/${id}/${name}`;

  /** @throws Failure `missing` for one that is not there, or is of another path */
  async function describeUpload(id: string, path?: string) {
    const unknown = missing(`There is no upload ${id}${path === undefined ? '' : ` of ${path}`}`);
    if (!ID.test(id)) throw unknown;
    const content = await blobs.get(blobs.uriOf(keyOf(id, DESCRIPTION))).catch((error: unknown) => {
      throw error instanceof BlobMissing ? unknown : error;
    });
    const described = describedSchema.parse(JSON.parse(content.toString()));
    if (path !== undefined && described.path !== path) throw unknown;
    return described;
  }

  /** Each part as it was when it came, one after the other. */
  async function* joined(id: string, parts: readonly UploadedPart[]): AsyncGenerator<Uint8Array> {
    for (const { number, version } of parts) {
      const blob = await blobs.open(blobs.uriOf(keyOf(id, number))).catch((error: unknown) => {
        throw error instanceof BlobMissing ? refused(`Part ${number} of upload ${id} never came`) : error;
      });
      try {
        if (blob.version !== version) throw refused(`Part ${number} of upload ${id} is not what was uploaded as ${version}`);
        yield* (await blob.read()) as AsyncIterable<Uint8Array>;
      } finally {
        await blob.close();
      }
    }
  }

  return {
    /** @returns its id */
    async begin(path: string, parts: number): Promise<string> {
      const id = randomUUID();
      await blobs.put(keyOf(id, DESCRIPTION), Buffer.from(JSON.stringify({ path, parts })));
      return id;
    },
    /** @throws Failure `missing` for an unknown upload, `invalid` for a part that it has not */
    async putPart(id: string, number: number, content: AsyncIterable<Uint8Array>): Promise<UploadedPart> {
      const { parts } = await describeUpload(id);
      if (!(number >= 1 && number <= parts)) throw refused(`Upload ${id} has the parts 1 to ${parts}, not ${number}`);
      const { version } = await blobs.putStream(keyOf(id, number), content);
      return { number, version };
    },
    /** Makes the file of its parts. Until then nobody sees anything of it. */
    async complete(id: string, path: string, sent: readonly UploadedPart[], by: string): Promise<void> {
      const { parts } = await describeUpload(id, path);
      const inOrder = sent.toSorted((a, b) => a.number - b.number);
      const areAll = inOrder.length === parts && inOrder.every(({ number }, at) => number === at + 1);
      if (!areAll) throw refused(`Upload ${id} is complete with the parts 1 to ${parts}, each once`);
      await artifacts.put(path, { content: joined(id, inOrder), sha256: undefined, by });
      await blobs.remove(blobs.uriOf(`${UPLOADS}/${id}`));
    },
    async abort(id: string, path: string): Promise<void> {
      await describeUpload(id, path);
      await blobs.remove(blobs.uriOf(`${UPLOADS}/${id}`));
    },
  };
}
export type PartUploads = ReturnType<typeof createPartUploads>;

const DESCRIPTION = 'upload.json';
