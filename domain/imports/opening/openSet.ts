import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isAddress, SET_NAME_PATTERN, type DataImportInput, type SetFormat } from '../../../contracts/dataImport.ts';
import { permanent } from '../../../contracts/failures.ts';
import { downloadFile, type DownloadOptions } from './downloadFile.ts';
import { packedFault, readStart } from '../reading/fileStart.ts';
import { detectFormat, OWN_ENDINGS } from '../reading/formats.ts';
import { unpackSet } from './unpackSet.ts';

export interface OpenSetOptions extends DownloadOptions {
  /** Folder of the run's own, for what is downloaded and unpacked. */
  readonly workFolder: string;
}

/**
 * A set ready to be read: a folder as it is, a zip unpacked, an address downloaded and unpacked. Done again, it begins anew.
 * @throws Failure `SourceUnavailable` where there is nothing, `SourceCorrupt` where it is no set
 */
export async function openSet(
  { path: place, format }: Pick<DataImportInput, 'path' | 'format'>,
  { workFolder, ...transfer }: OpenSetOptions,
): Promise<{ folder: string; format: SetFormat }> {
  await rm(workFolder, { recursive: true, force: true });
  const source = isAddress(place) ? await downloadFile(place, path.join(workFolder, 'download.zip'), transfer) : path.resolve(place);
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw permanent('SourceUnavailable', `${source} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
  if (!found.isDirectory()) await expectZip(source, found.isFile());
  const folder = found.isDirectory() ? source : await unpackSet(source, path.join(workFolder, 'set'), transfer);
  return { folder, format: await detectFormat(folder, format) };
}

/** Without it yauzl looks for the end of a zip, which it does in its own words, or for ever where there is no end. */
async function expectZip(source: string, isFile: boolean): Promise<void> {
  const refuse = (why: string) => permanent('SourceCorrupt', `${path.basename(source)} cannot be unpacked: ${why}`);
  if (!isFile) throw refuse('it is no file');
  if (/\.xlsx$/i.test(source)) throw refuse('it is a workbook of Excel; save its sheet as CSV');
  const start = await readStart(source);
  if (start.toString('latin1', 0, 2) === 'PK') return;
  throw refuse(
    packedFault(start) ?? `it is no zip; a set is a folder or a zip, and an own log a file that ends with ${OWN_ENDINGS.join(', ')}`,
  );
}

/**
 * The name of a set as its folder or file has it: `/data/ml-1m.zip` is ml-1m.
 * @throws Failure `InvalidSpec` where that cannot be a name
 */
export function setNameOf(place: string): string {
  const last = isAddress(place) ? decoded(path.posix.basename(new URL(place).pathname)) : path.basename(path.resolve(place));
  const name = last.replace(/\.zip$/i, '').toLowerCase();
  if (SET_NAME_PATTERN.test(name)) return name;
  throw permanent('InvalidSpec', `"${name}" cannot name a set (small letters, digits and ._-, at most 40); give one (name, or --name)`);
}

/** As it is where it is no good percent-encoding; such a name is refused then. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
