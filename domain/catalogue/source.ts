/** One row of a source: good, or set aside with the reason. */
export type SourceRow<T> = { readonly line: number; readonly row: T } | Reject;

export interface Reject {
  readonly line: number;
  readonly reason: string;
  readonly raw: string;
  /** What it breaks, where that is not that a row of its kind can be read. */
  readonly rule?: string;
}

export const isReject = <T>(row: SourceRow<T>): row is Reject => 'reason' in row;
