import { isNativeError } from 'node:util/types';
import { passing, type Failure } from '../../contracts/failures.ts';

/** The blob store cannot be reached, or answers that it cannot serve now. */
export class BlobStoreAway extends Error {
  override readonly name = 'BlobStoreAway';
}

const FULL = ['ENOSPC', 'EDQUOT'];
/** Of a disk that was taken away, or that its owner must look after. */
const AWAY = ['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTCONN', 'ESTALE', 'ENOTDIR', 'EMFILE', 'ENFILE'];

/** What another try may pass once somebody has looked after the store; undefined for any other error. */
export function asStoreFailure(error: unknown): Failure | undefined {
  if (error instanceof BlobStoreAway) return passing('Unavailable', `The blob store is not available: ${error.message}`);
  if (!isNativeError(error)) return undefined;
  const { code = '', syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined || (path === undefined && syscall !== 'write')) return undefined; // not of a file
  if (FULL.includes(code)) return passing('Unavailable', 'The blob store is full; nothing of this was kept. Make room and try again');
  return AWAY.includes(code) ? passing('Unavailable', `The blob store is not available (${code}); try again shortly`) : undefined;
}
