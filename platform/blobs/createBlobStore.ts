import { createDiskStore } from './disk.ts';
import { createS3Store, type S3Access, type S3Place } from './s3.ts';
import type { BlobStore } from './store.ts';

/**
 * @param url `file:<absolute folder>`, or `s3://<bucket>/<prefix>`
 * @param s3 needed for the latter
 */
export function createBlobStore(url: string, s3?: S3Access): BlobStore {
  if (url.startsWith('file:')) return createDiskStore(url.slice('file:'.length));
  const place = readS3Url(url);
  if (!place || !s3) throw new Error(`${url}: file:<folder> is supported, and s3://<bucket>/<prefix> with credentials`);
  return createS3Store(place, s3);
}

/** @returns undefined for an address of another kind */
function readS3Url(url: string): S3Place | undefined {
  const [, bucket, folder = ''] = /^s3:\/\/([a-z\d][a-z\d.-]+)(?:\/(.*?))?\/?$/.exec(url) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: folder === '' ? '' : `${folder}/` };
}
