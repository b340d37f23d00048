/** Bins of equal width over both samples together. */
export interface Bins {
  readonly edges: Float64Array;
  readonly reference: Float64Array;
  readonly live: Float64Array;
}

/**
 * Counts two samples of numbers in bins of equal width, as many as Sturges' rule has for both together (1926: ⌈log₂ n⌉ + 1), which is how NumPy's
 * `histogram_bin_edges(…, 'sturges')`, and with it Evidently, bins them. The last bin has its upper edge too. Where all are the same there is one bin.
 */
export function binNumbers(reference: Float64Array, live: Float64Array): Bins {
  const [low, high] = [Math.min(least(reference), least(live)), Math.max(most(reference), most(live))];
  const range = high - low;
  const bins = range > 0 ? Math.ceil(range / (range / (Math.log2(reference.length + live.length) + 1))) : 1;
  const edges = Float64Array.from({ length: bins + 1 }, (_, at) => (range > 0 ? low + (at * range) / bins : low - 0.5 + at));
  edges[bins] = range > 0 ? high : low + 0.5;
  return { edges, reference: countIn(edges, reference), live: countIn(edges, live) };
}

function countIn(edges: Float64Array, values: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length - 1);
  const width = (edges.at(-1)! - edges[0]!) / counts.length;
  for (const value of values) {
    let bin = Math.min(counts.length - 1, Math.max(0, Math.floor((value - edges[0]!) / width)));
    // Division rounds; the edges are what counts.
    if (value < edges[bin]!) bin -= 1;
    else if (bin + 1 < counts.length && value >= edges[bin + 1]!) bin += 1;
    counts[bin]! += 1;
  }
  return counts;
}

const least = (values: Float64Array) => values.reduce((low, value) => Math.min(low, value), Infinity);
const most = (values: Float64Array) => values.reduce((high, value) => Math.max(high, value), -Infinity);
