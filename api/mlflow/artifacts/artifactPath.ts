import { isPlainText } from '../../../contracts/text.ts';
import { invalidParameter } from '../faults.ts';

/** A name has at most 255 bytes in file systems, and a file that is being written one that is 41 longer; a key of S3 has 1,024. */
const NAME_BYTES = 200;
const PATH_BYTES = 900;

/**
 * A path of names below the root of all artifacts.
 * @param sent decoded once
 * @throws MlflowFault where it could lead elsewhere, also for whoever decodes it again
 */
export function checkPath(sent: string): string {
  if (Buffer.byteLength(sent) > PATH_BYTES || !isPlainText(sent)) throw invalidPath();
  for (const spelling of spellings(sent)) if (!isSafe(spelling)) throw invalidPath();
  return sent;
}

/** As `checkPath`, or the root itself. */
export const checkFolder = (sent: string): string => (sent === '' ? '' : checkPath(sent.replace(/\/$/, '')));

const isSafe = (path: string) => !/[\\#\0]/.test(path) && !/^(?:[a-z]:|file:)/i.test(path) && path.split('/').every((name) => isName(name));
const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= NAME_BYTES && !ASIDE.test(name);
/** So files are named while they are written. */
const ASIDE = /\.[0-9a-f-]{36}\.tmp$/;

/** The path, and all that it becomes by decoding it over and over. */
function spellings(sent: string): string[] {
  const found = [sent];
  for (let last = sent, next = decode(sent); next !== last; last = next, next = decode(next)) found.push(next);
  return found;
}

/** What is no UTF-8 stays as it is, beside what whoever is less strict would decode. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%[0-7][\da-f]/gi, decodeURIComponent);
  }
}

const invalidPath = () => invalidParameter('Invalid path');
