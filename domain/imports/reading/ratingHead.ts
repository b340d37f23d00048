import { decodeText, withoutMark } from '../../catalogue/decodeText.ts';
import { FORMAT_FILES, type ReadFormat } from './formats.ts';
import { readLineBlocks } from './lineBlocks.ts';
import type { RatingForm } from './ratingText.ts';
import { layoutOf, layoutWithout, withoutReturn } from './records.ts';

export interface RatingHead {
  readonly form: RatingForm;
  /** Of the line before the first rating; 0 where a format has none. */
  readonly headerBytes: number;
}

/** How the lines of a file of ratings are written. @throws Failure `SourceCorrupt` where the header is another one */
export async function readRatingHead(file: string, format: ReadFormat): Promise<RatingHead> {
  const { ratingTable, hasNumberedIds } = FORMAT_FILES[format];
  const { separator, hasHeader } = ratingTable;
  if (!hasHeader) return { form: { ...layoutWithout(ratingTable), separator, hasNumberedIds }, headerBytes: 0 };
  const line = await firstLine(file);
  const header = withoutReturn(withoutMark(decodeText(line.subarray(0, -1))));
  return { form: { ...layoutOf(file, ratingTable, header), separator, hasNumberedIds }, headerBytes: line.length };
}

async function firstLine(file: string): Promise<Buffer> {
  for await (const { bytes } of readLineBlocks(file, 0)) return Buffer.from(bytes.subarray(0, bytes.indexOf('\n') + 1));
  return Buffer.from('\n');
}
