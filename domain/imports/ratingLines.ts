import type { SourceRow } from '../catalogue/source.ts';
import { checkWhole } from './checkWhole.ts';
import type { ReadFormat } from './formats.ts';
import { readRatingHead } from './ratingHead.ts';
import { readRatingText, type RatingText } from './ratingText.ts';
import { readLines, withoutReturn } from './records.ts';

/**
 * The ratings of a file one by one, as an import reads them.
 * @throws Failure `SourceUnavailable` where the file is missing, `SourceCorrupt` where it is no such file
 */
export async function* readRatingLines(file: string, format: ReadFormat): AsyncGenerator<SourceRow<RatingText>> {
  await checkWhole(file);
  const { form, headerBytes } = await readRatingHead(file, format);
  for await (const { line, text } of readLines(file)) {
    const raw = withoutReturn(text);
    if (raw.trim() === '' || (line === 1 && headerBytes > 0)) continue;
    const read = readRatingText(raw, form);
    yield typeof read === 'string' ? { line, raw, reason: read } : { line, row: read };
  }
}
