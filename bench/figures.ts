/** The value below which this share of the values lies (nearest rank). @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** The middle of some ratios, and from the least to the most. */
export const ratioOf = (ratios: readonly number[]): { readonly median: number; readonly text: string } => ({
  median: quantile(ratios, 0.5),
  text: `${quantile(ratios, 0.5).toFixed(2)}× (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
});

/** Prints a table whose first column is text and whose others are figures. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  for (const cells of lines) {
    console.log(
      cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
    );
  }
}

/** Says of an aim whether it was reached, and with which figure. */
export function printVerdict(isReached: boolean, aim: string, figure: string): void {
  console.log(`${isReached ? 'reached' : 'not reached'}: ${aim} (${figure})`);
}
