/** One row of a source: good, or set aside with the reason. */
export type SourceRow<T> = { readonly line: number; readonly row: T } | Reject;

export interface Reject {
  readonly line: number;
  readonly reason: string;
  readonly raw: string;
}

export const isReject = <T>(row: SourceRow<T>): row is Reject => 'reason' in row;
