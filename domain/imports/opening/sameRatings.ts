import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { FORMAT_FILES } from '../reading/formats.ts';

/** Whether two folders hold the same ratings in CSV, byte for byte. The files are read where their sizes agree. */
export async function haveSameRatings(folder: string, other: string): Promise<boolean> {
  const files = [folder, other].map((of) => path.join(of, FORMAT_FILES.csv.ratings[0]!));
  const [size, otherSize] = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (found) => found.size,
        () => null,
      ),
    ),
  );
  if (size === null || size !== otherSize) return false;
  const [content, otherContent] = await Promise.all(files.map((file) => readFile(file)));
  return content!.equals(otherContent!);
}
