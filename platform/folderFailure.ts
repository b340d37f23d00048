import { isNativeError } from 'node:util/types';
import type { Failure } from '../contracts/failures.ts';
import { permanent } from '../contracts/failures.ts';

const ON_FILES = ['open', 'mkdir', 'rename', 'unlink', 'rmdir', 'rm', 'scandir', 'copyfile', 'access', 'stat', 'lstat', 'link', 'symlink'];
/** A full disk (ENOSPC) is not among them: it is emptied, and what failed is tried again. */
const LASTING = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'];

/** What trying again cannot mend of the file system's, with the path at fault; undefined for any other error. */
export function asFolderFailure(error: unknown): Failure | undefined {
  if (!isNativeError(error)) return undefined;
  const { code = '', syscall = '', path } = error as NodeJS.ErrnoException;
  if (path === undefined || !ON_FILES.includes(syscall)) return undefined;
  const isFileForFolder = code === 'EEXIST' && syscall === 'mkdir';
  if (!isFileForFolder && !LASTING.includes(code) && !isNoPlace(code, syscall)) return undefined;
  return permanent('FolderUnusable', `${path} cannot be used: ${isFileForFolder ? 'it is no folder' : error.message}`, {
    cause: error,
  });
}

/** Of a folder with its parents Node says that one is missing (ENOENT) where none can be made, for example on a file system that is read-only. */
const isNoPlace = (code: string, syscall: string): boolean => code === 'ENOENT' && syscall === 'mkdir';
