/** Which rows and columns of a large sheet are drawn. Pure. */

export interface Span {
  readonly first: number;
  /** The first that is not drawn any more */
  readonly end: number;
}

/** Of rows that are all as high. @param beyond rows that are drawn before and after what is seen, so that none is missing while one scrolls */
export function rowsSeen(top: number, high: number, each: number, count: number, beyond: number): Span {
  const first = Math.floor(top / each) - beyond;
  const end = Math.ceil((top + high) / each) + beyond;
  return { first: within(first, count), end: within(end, count) };
}
const within = (at: number, count: number) => Math.min(count, Math.max(0, at));

/** Where each column begins, and where the last ends: one more than there are widths. */
export function edgesOf(widths: readonly number[]): number[] {
  const edges = [0];
  for (const width of widths) edges.push(edges.at(-1)! + width);
  return edges;
}

/** Of columns of any widths, as `edgesOf` has them. */
export function columnsSeen(left: number, wide: number, edges: readonly number[]): Span {
  const count = edges.length - 1;
  const firstAfter = edges.findIndex((edge) => edge > left);
  const first = firstAfter === -1 ? count : Math.max(0, firstAfter - 1);
  const end = edges.findIndex((edge) => edge >= left + wide);
  return { first, end: end === -1 ? count : Math.max(first, end) };
}
