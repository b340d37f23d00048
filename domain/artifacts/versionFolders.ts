import { z } from 'zod';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import type { Database } from '../../platform/postgres.ts';

/** Where the files of registered versions are read: `versions/<name>/<version>/<file>`. */
export const VERSIONS = 'versions';

/** Where our own trainings put their models. Whoever registers a version says its source, which may be anything. */
const TRAINED = /^blob:trained\/\w+\/[0-9a-f]{64}$/;

/** @returns URI of what is named below the blob folder of a version; undefined where there is no such version, or it lies elsewhere */
export async function findVersionFolder(db: Database, path: string): Promise<string | undefined> {
  const [, name, version, ...below] = path.split('/');
  if (name === undefined || version === undefined) return undefined;
  const { rows } = await db.query<{ source: string }>('select source from model_versions where name = $1 and version::text = $2', [
    name,
    version,
  ]);
  const source = rows[0]?.source;
  return source !== undefined && TRAINED.test(source) ? [source, ...below].join('/') : undefined;
}

const manifestSchema = z.object({ files: z.record(z.string(), z.object({ sha256: z.string() })) });

/** A model's folder has a manifest with the digest of each of its files. */
export async function readVersionDigest(blobs: BlobStore, uri: string): Promise<string | undefined> {
  const at = uri.lastIndexOf('/');
  try {
    const { data } = manifestSchema.safeParse(JSON.parse((await blobs.get(`${uri.slice(0, at)}/manifest.json`)).toString()));
    return data?.files[uri.slice(at + 1)]?.sha256;
  } catch (error) {
    if (error instanceof BlobMissing || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
