import { z } from 'zod';
import { permanent } from '../../../contracts/failures.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs/store.ts';
import type { ModelFiles } from '../model/model.ts';
import { sha256 } from '../../../platform/sha256.ts';

const MANIFEST_FILE = 'manifest.json';
const FORMAT = 1;
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  files: z.record(z.string(), z.object({ bytes: z.number().int(), sha256: z.string() })),
});

/**
 * Writes a model's files with a manifest that has the sha256 of each, under the manifest's own: `trained/<kind>/<digest>`. So whoever has the URI,
 * as the registry does, knows what each byte of the folder has to be. Writing it again changes nothing, and mends what lies there broken.
 */
export async function writeModelFolder(blobs: BlobStore, kind: string, files: ModelFiles): Promise<{ uri: string; digest: string }> {
  const names = Object.keys(files).sort();
  const entries = names.map((name) => [name, { bytes: files[name]!.byteLength, sha256: sha256(files[name]!) }]);
  const manifest = Buffer.from(`${JSON.stringify({ format: FORMAT, files: Object.fromEntries(entries) as unknown }, null, 2)}\n`);
  const digest = sha256(manifest);
  const folder = `trained/${kind}/${digest}`;
  for (const name of names) await blobs.put(`${folder}/${name}`, files[name]!);
  // Written last: where it stands, the rest is whole.
  await blobs.put(`${folder}/${MANIFEST_FILE}`, manifest);
  return { uri: blobs.uriOf(folder), digest };
}

/**
 * The files of a model's folder, each held against the manifest, and the manifest against the URI. A file that the manifest does not name is not read.
 * @param only names of the files to read; all where it is missing
 * @throws BlobMissing where there is no folder
 * @throws Failure `ModelCorrupt` that names the file which is gone or is not what was saved, with both digests
 */
export async function readModelFolder(blobs: BlobStore, uri: string, only?: readonly string[]): Promise<ModelFiles> {
  const manifest = await readFile(blobs, uri, MANIFEST_FILE, async () => {
    if ((await blobs.list(uri)).length === 0) return new BlobMissing(uri);
    return corrupt(uri, `${MANIFEST_FILE} is missing, so nothing tells whether the other files are what was saved`);
  });
  check(uri, MANIFEST_FILE, manifest, uri.slice(uri.lastIndexOf('/') + 1));
  const { files } = manifestSchema.parse(JSON.parse(manifest.toString()));
  const read = Object.entries(files).filter(([name]) => only?.includes(name) ?? true);
  const contents = read.map(async ([name, { sha256: expected }]) => {
    const content = await readFile(blobs, uri, name, () => corrupt(uri, `${name} is missing`));
    check(uri, name, content, expected);
    return [name, content] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

async function readFile(blobs: BlobStore, uri: string, name: string, missing: () => Error | Promise<Error>): Promise<Buffer> {
  try {
    return await blobs.get(`${uri}/${name}`);
  } catch (error) {
    throw error instanceof BlobMissing ? await missing() : error;
  }
}

function check(uri: string, name: string, content: Uint8Array, expected: string): void {
  const found = sha256(content);
  if (found !== expected) throw corrupt(uri, `${name} is not what was saved: its sha256 is ${found}, not ${expected}`);
}

const corrupt = (uri: string, what: string) =>
  permanent('ModelCorrupt', `the model at ${uri} cannot be used: ${what}. Bring the folder back as it was, or train again`);
