export type CsvFault = 'unclosed' | 'stray';
/** What is said of a line with such a fault. */
export const CSV_FAULTS: Readonly<Record<CsvFault, string>> = {
  unclosed: 'a quoted field does not end',
  stray: 'something follows the quote that ends a field',
};

/**
 * The fields of one record of CSV, as RFC 4180 has them; a quote inside a field that begins with none is text, as most readers take it. Ours, since
 * csv-parse fixes the line end by the first line and gives up a whole file for one quote.
 * @returns `unclosed` where the record may go on in the next line
 */
export function splitCsv(record: string): readonly string[] | CsvFault {
  const fields: string[] = [];
  for (let at = 0; ; at += 1) {
    if (record[at] === '"') {
      const quoted = readQuoted(record, at + 1);
      if (quoted === undefined) return 'unclosed';
      if (quoted.end < record.length && record[quoted.end] !== ',') return 'stray';
      fields.push(quoted.text);
      at = quoted.end;
    } else {
      const comma = record.indexOf(',', at);
      const end = comma === -1 ? record.length : comma;
      fields.push(record.slice(at, end));
      at = end;
    }
    if (at === record.length) return fields;
  }
}

/** @returns the text from there to the closing quote, and where that ends; undefined where none closes it */
function readQuoted(record: string, from: number): { text: string; end: number } | undefined {
  let text = '';
  for (let start = from; ;) {
    const quote = record.indexOf('"', start);
    if (quote === -1) return undefined;
    text += record.slice(start, quote);
    if (record[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    start = quote + 2;
  }
}
