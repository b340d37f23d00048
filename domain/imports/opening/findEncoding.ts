import { isUtf8 } from 'node:buffer';
import type { SetFormat } from '../../../contracts/dataImport.ts';
import { findFiles } from '../reading/formats.ts';
import { readLineBlocks } from '../reading/lineBlocks.ts';

/** In what the titles of a set are written, for whoever wants to know: reading decides line by line. */
export async function findEncoding(folder: string, format: SetFormat): Promise<'utf-8' | 'windows-1252'> {
  const { movies } = await findFiles(folder, format);
  if (movies === null) return 'utf-8';
  for await (const { bytes } of readLineBlocks(movies, 0)) if (!isUtf8(bytes)) return 'windows-1252';
  return 'utf-8';
}
