import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { S3mini, S3NetworkError, S3ServiceError } from 's3mini';
import { BlobStoreAway } from './faults.ts';
import { createS3Fetch, S3_WAITS } from './s3Fetch.ts';
import { BlobMissing, keyOf, uriOf, type BlobEntry, type BlobState, type BlobStore } from './store.ts';

/** Where S3 is, and who asks. */
export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a key that is given for a while */
  readonly sessionToken?: string | undefined;
}

export interface S3Place {
  readonly bucket: string;
  /** Before every key, such as `mlops/`; may be empty */
  readonly prefix: string;
}

/** S3 takes at most 10,000 parts of a file, so one goes to 80 GB. Of an upload four of them are in memory at most. */
const PART_BYTES = 8 * 1024 * 1024;

/** A blob store in a bucket of S3, or of what speaks its protocol. */
export function createS3Store({ bucket, prefix }: S3Place, { endpoint, sessionToken, ...key }: S3Access, waits = S3_WAITS): BlobStore {
  const { region } = key;
  // What the library does not know how to sign, it is told to leave unsigned.
  const access = sessionToken === undefined ? key : { region, accessKeyId: '', secretAccessKey: '' };
  const fetch = createS3Fetch(waits, sessionToken === undefined ? undefined : { ...key, sessionToken });
  const s3 = new S3mini({ ...access, fetch, endpoint: `${endpoint.replace(/\/$/, '')}/${bucket}` });
  const objectOf = (uri: string) => {
    // An address is tidied up on its way, and would be another key's.
    if (/(^|\/)\.{1,2}(\/|$)/.test(keyOf(uri))) throw new Error(`blob ${uri} lies outside the store`);
    return `${prefix}${keyOf(uri)}`;
  };
  const objectsBelow = async (folderUri: string) => {
    const key = objectOf(folderUri);
    const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
    const objects = (await told(s3.listObjects('/', folder))) ?? [];
    return objects.map((object) => ({ ...object, below: object.Key.slice(folder.length) })).filter(({ below }) => below !== '');
  };
  const entries = async (folderUri: string): Promise<BlobEntry[]> => {
    const found = new Map<string, BlobEntry>();
    for (const { below, Size } of await objectsBelow(folderUri)) {
      const [name = '', ...rest] = below.split('/');
      found.set(name, rest.length > 0 ? { name, isFolder: true } : { name, isFolder: false, bytes: Number(Size) });
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    uriOf,
    async put(key, content) {
      await told(s3.putAnyObject(objectOf(key), Buffer.from(content)));
      return uriOf(key);
    },
    async putStream(key, content) {
      const parts = inParts(content);
      try {
        const first = await parts.next();
        const second = first.done ? first : await parts.next();
        if (second.done) await told(s3.putObject(objectOf(key), first.value ?? Buffer.alloc(0)));
        else await putParts(s3, objectOf(key), [first.value!, second.value], parts);
      } finally {
        await parts.return(undefined);
      }
      const written = await openObject(s3, objectOf(key), uriOf(key));
      await written.close();
      return written;
    },
    async get(uri) {
      const content = await told(s3.getObjectArrayBuffer(objectOf(uri)));
      if (content === null) throw new BlobMissing(uri);
      return Buffer.from(content);
    },
    open: (uri) => openObject(s3, objectOf(uri), uri),
    async exists(uri) {
      return (await told(s3.objectExists(objectOf(uri)))) === true || (await objectsBelow(uri)).length > 0;
    },
    list: async (folderUri) => (await entries(folderUri)).map(({ name }) => name),
    entries,
    async *walk(folderUri) {
      for (const { Key, Size, LastModified } of await objectsBelow(folderUri))
        yield { key: Key.slice(prefix.length), bytes: Number(Size), modifiedAt: new Date(LastModified) };
    },
    async remove(uri) {
      const below = (await objectsBelow(uri)).map(({ Key }) => Key);
      await told(s3.deleteObjects([objectOf(uri), ...below]));
    },
    // S3 shows nothing of an upload that is not complete; a rule of the bucket removes its parts.
    removeLeftovers: () => Promise.resolve(0),
  };
}

async function openObject(s3: S3mini, object: string, uri: string) {
  const answer = await s3.getObjectRaw(object).catch((error: unknown) => {
    throw isMissing(error) ? new BlobMissing(uri) : asAway(error);
  });
  const state = stateOf(answer.headers);
  let unread: Response | undefined = answer;
  return {
    ...state,
    async read(range?: { readonly start: number; readonly end: number }) {
      const part = range ? await told(s3.getObjectRaw(object, false, range.start, range.end + 1)) : answer;
      if (!range) unread = undefined;
      if (stateOf(part.headers).version !== state.version) throw new BlobMissing(uri);
      return Readable.fromWeb(part.body as ReadableStream);
    },
    async close() {
      await unread?.body?.cancel();
    },
  };
}

function stateOf(headers: Headers): BlobState {
  return {
    bytes: Number(headers.get('content-length')),
    modifiedAt: new Date(headers.get('last-modified') ?? 0),
    version: (headers.get('etag') ?? '').replaceAll('"', ''),
  };
}

/** Nothing of a file is seen before its last part. */
async function putParts(s3: S3mini, object: string, begun: readonly Buffer[], rest: AsyncIterable<Buffer>): Promise<void> {
  const id = await told(s3.getMultipartUploadId(object));
  const sent: { partNumber: number; etag: string }[] = [];
  const send = async (part: Buffer) => void sent.push(await told(s3.uploadPart(object, id, part, sent.length + 1)));
  try {
    for (const part of begun) await send(part);
    for await (const part of rest) await send(part);
    await told(s3.completeMultipartUpload(object, id, sent));
  } catch (error) {
    await s3.abortMultipartUpload(object, id).catch(() => undefined); // the first error tells more
    throw error;
  }
}

/** Content in parts of the size that S3 is given; the last may be smaller. */
async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    held.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < PART_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

const isMissing = (error: unknown) => error instanceof S3ServiceError && error.status === 404;

const told = <T>(answer: Promise<T>): Promise<T> => answer.catch((error: unknown) => Promise.reject(asAway(error)));

/** Of a store that is not reached, is busy, or does not let us in, somebody has to look after. */
function asAway(error: unknown): Error {
  if (error instanceof S3NetworkError) return new BlobStoreAway('it does not answer', { cause: error });
  if (error instanceof S3ServiceError)
    return new BlobStoreAway(`it answers ${error.status} ${error.serviceCode ?? ''}`.trim(), { cause: error });
  // What fetch says where a connection ends early, or says nothing for too long: before the answer, and in the middle of it.
  if (['fetch failed', 'terminated'].includes((error as Error).message)) return new BlobStoreAway('it does not answer', { cause: error });
  return error as Error;
}
