import path from 'node:path';
import { entriesBelow } from '../../../platform/entriesBelow.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
};

export interface PageFile {
  readonly at: string;
  readonly type: string;
}

/** Where the page's `index.html` looks for the rest of it. */
const ASSETS = '/static-files/';

/**
 * What of a folder is served, by the path of the request. Only what stands here is: a path is compared and never joined to the folder, so none leads out of it,
 * however it is spelled; links are left out.
 */
export async function listPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await entriesBelow(folder);
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  const fileAt = (at: string): PageFile => ({ at, type: TYPES[path.extname(at)] ?? 'application/octet-stream' });
  const named = files.map((at) => [ASSETS + path.relative(folder, at).replaceAll(path.sep, '/'), fileAt(at)] as const);
  return new Map([...named, ['/', fileAt(path.join(folder, 'index.html'))]]);
}
