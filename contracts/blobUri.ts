import { z } from 'zod';

/** One that a path would not go up by. */
const PART = String.raw`(?!\.{1,2}(/|$))[^/\\\u0000-\u001f\u007f]+`;
const BLOB_URI = new RegExp(`^blob:${PART}(/${PART})*$`);
const BLOB_NAME = new RegExp(`^${PART}$`);

/** Whether a URI from outside names what lies within the store, or could. */
export const isBlobUri = (uri: string): boolean => BLOB_URI.test(uri);
export const blobUriSchema = z.string().max(1_000).regex(BLOB_URI, 'is no blob within the store, such as blob:snapshots/<sha256>');

/** Whether a text from outside can be the name of a folder in the store. */
export const isBlobName = (name: string): boolean => BLOB_NAME.test(name);
export const blobNameSchema = z.string().max(200).regex(BLOB_NAME, 'is no name of a folder: without slashes, and not . or ..');
