import { checkWhole, type CsvRecord } from '../catalogue/csvFile.ts';
import { decodeText, withoutMark } from '../catalogue/decodeText.ts';
import { readLineBlocks } from './lineBlocks.ts';

/** Reads lines whose fields stand between a separator and are never quoted, as in MovieLens' older sets. Blank lines are passed over. */
export async function* readDelimited(file: string, separator: string): AsyncGenerator<CsvRecord> {
  await checkWhole(file);
  let line = 0;
  for await (const { bytes } of readLineBlocks(file, 0)) {
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf('\n', from);
      const text = decodeText(bytes.subarray(from, end)).trimEnd();
      const raw = line === 0 ? withoutMark(text) : text;
      from = end + 1;
      line += 1;
      if (raw !== '') yield { line, raw, fields: raw.split(separator) };
    }
  }
}
