/** A movie as a source gives it. */
export interface SourceMovie {
  /** Catalogue id; a source that has no part in it asks for one first. */
  readonly movie_id: number;
  readonly title: string;
  readonly release_year: number | null;
  readonly genres: readonly string[];
  /** Ids of the same movie elsewhere, by catalogue name: imdb, tmdb. */
  readonly external_ids: Readonly<Record<string, string>>;
}

export interface SourceRating {
  readonly user_id: string;
  readonly movie_id: number;
  /** 0.5 to 5 in halves. */
  readonly rating: number;
  readonly rated_at: Date;
}

/** One row of a source: good, or set aside with the reason. */
export type SourceRow<T> = { readonly line: number; readonly row: T } | Reject;

export interface Reject {
  readonly line: number;
  readonly reason: string;
  readonly raw: string;
}

/**
 * Where movies and ratings come from.
 * Iterating throws PermanentFailure `SourceUnavailable` when the source is not there, `SourceCorrupt` when it is not what it says.
 */
export interface CatalogueSource {
  readonly name: string;
  movies(): AsyncIterable<SourceRow<SourceMovie>>;
  /** None from a source that has no ratings. */
  ratings(): AsyncIterable<SourceRow<SourceRating>>;
}

export const isReject = <T>(row: SourceRow<T>): row is Reject => 'reason' in row;
