/** Which rows of a table a batch touches, and where the gradient of each is summed. */
export interface TouchedRows {
  readonly rows: Int32Array;
  readonly samples: Int32Array;
  /** How many are touched. */
  count: number;
  /** The place of the gradient of each row of the table, −1 where it is not touched. */
  readonly places: Int32Array;
}

/**
 * @param rows, samples as long as a batch has samples at most, written
 */
export const createTouchedRows = (tableRows: number, rows: Int32Array, samples: Int32Array): TouchedRows => ({
  rows,
  samples,
  count: 0,
  places: new Int32Array(tableRows).fill(-1),
});

/** Forgets the batch before, and takes in another. @param of for each sample its row */
export function touchRows(touched: TouchedRows, of: Int32Array, size: number): void {
  const { rows, samples, places } = touched;
  for (let place = 0; place < touched.count; place += 1) places[rows[place]!] = -1;
  touched.count = 0;
  for (let sample = 0; sample < size; sample += 1) {
    const row = of[sample]!;
    let place = places[row]!;
    if (place < 0) {
      place = touched.count++;
      places[row] = place;
      rows[place] = row;
      samples[place] = 0;
    }
    samples[place]! += 1;
  }
}
