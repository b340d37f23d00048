import { isReject, type SourceRow } from '../../catalogue/source.ts';
import { checkWhole } from './checkWhole.ts';
import type { ReadFormat } from './formats.ts';
import { isMovieId, isUserId } from './ids.ts';
import { readLineBlocks } from './lineBlocks.ts';
import { readRatingHead, type RatingHead } from './ratingHead.ts';
import { readRatingText, type RatingText } from './ratingText.ts';
import { createRatingReader } from './readRatings.ts';
import { readLines, withoutReturn } from './records.ts';

/**
 * The ratings of a file one by one, as an import reads them; ids may be any text where the first row's are no numbers, for nothing here is kept.
 * @throws Failure `SourceUnavailable` where the file is missing, `SourceCorrupt` where it is no such file
 */
export async function* readRatingLines(file: string, format: ReadFormat): AsyncGenerator<SourceRow<RatingText>> {
  await checkWhole(file);
  const head = await readRatingHead(file, format);
  if (head.form.hasNumberedIds && (await isNumbered(file, head))) yield* readNumbered(file, head);
  else yield* readNamed(file, { ...head, form: { ...head.form, hasNumberedIds: false } });
}

/** By the first row that can be read at all. */
async function isNumbered(file: string, { form, headerBytes }: RatingHead): Promise<boolean> {
  for await (const one of readNamed(file, { form: { ...form, hasNumberedIds: false }, headerBytes })) {
    if (!isReject(one)) return isUserId(one.row.user) && isMovieId(one.row.movie);
  }
  return true;
}

async function* readNumbered(file: string, { form, headerBytes }: RatingHead): AsyncGenerator<SourceRow<RatingText>> {
  let found: SourceRow<RatingText>[] = [];
  const readBlock = createRatingReader({
    form,
    rows: {
      add: (line, bytes, from, to, movie, rating, seconds) =>
        void found.push({
          line,
          row: { user: bytes.toString('latin1', from, to), movie: Number.isNaN(movie) ? '' : String(movie), rating, seconds },
        }),
    },
    onReject: (reject) => void found.push(reject),
    movieIdOf: (id) => id,
  });
  let line = 1;
  for await (const { bytes } of readLineBlocks(file, 0)) {
    const isHead = line === 1 && headerBytes > 0;
    const first = isHead ? 2 : line;
    line = first + readBlock(isHead ? bytes.subarray(headerBytes) : bytes, first).lines;
    yield* found;
    found = [];
  }
}

/** Ids that may be any text are read as text. */
async function* readNamed(file: string, { form, headerBytes }: RatingHead): AsyncGenerator<SourceRow<RatingText>> {
  for await (const { line, text } of readLines(file)) {
    const raw = withoutReturn(text);
    if (raw.trim() === '' || (line === 1 && headerBytes > 0)) continue;
    const read = readRatingText(raw, form);
    yield typeof read === 'string' ? { line, raw, reason: read } : { line, row: read };
  }
}
