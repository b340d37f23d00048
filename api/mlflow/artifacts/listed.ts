import type { BlobEntry } from '../../../platform/blobs/store.ts';

/** Entries of a folder as MLflow lists them, which leaves out what is empty. @param folder stands before their names where it is given */
export function listed(entries: readonly BlobEntry[], folder = '') {
  const pathOf = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const files = entries.map((entry) => ({
    path: pathOf(entry.name),
    is_dir: entry.isFolder,
    ...(!entry.isFolder && { file_size: entry.bytes }),
  }));
  return files.length === 0 ? {} : { files };
}
