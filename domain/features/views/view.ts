/** Types of a feature's value. Lists are of one type; a timestamp is ISO 8601 in UTC. */
export const FEATURE_TYPES = ['int64', 'float64', 'string', 'bool', 'timestamp', 'int64_list', 'float64_list', 'string_list'] as const;
export type FeatureType = (typeof FEATURE_TYPES)[number];

/** A value as it is stored and answered; null where the view's source says so. */
export type FeatureValue = number | string | boolean | readonly (number | string)[] | null;

/** Where a feature's value comes from; `catalogue`: its owner said so. What TMDB gave may be shown and must never be learnt from. */
export type Provenance = 'movielens' | 'platform' | 'catalogue' | 'tmdb';

/** What a good value is; a value that breaks its rule is counted and reported, never mended. */
export interface FeatureRule {
  /** What training does about a broken rule: `refuse` fails the run, `warn` (when missing) says so in its log. */
  readonly severity?: 'warn' | 'refuse';
  readonly min?: number;
  readonly max?: number;
  /** Largest share of nulls, 0 to 1 */
  readonly maxNullRate?: number;
  readonly oneOf?: readonly string[];
}

export interface Feature {
  readonly name: string;
  readonly type: FeatureType;
  readonly description: string;
  readonly provenance: Provenance;
  readonly rule?: FeatureRule;
}

/** A thing that features are of, and the name of its key in requests. */
export interface Entity {
  readonly name: 'movie' | 'user';
  readonly joinKey: 'movie_id' | 'user_id';
  readonly description: string;
}

/**
 * Features of one entity that are computed and stored together.
 * Offline they are the table `offlineTable`: entity_id text, event_timestamp timestamptz (from when the values hold), created_at timestamptz
 * (when they were computed), and a column for each feature.
 */
export interface FeatureView {
  readonly name: string;
  readonly entity: Entity;
  readonly description: string;
  readonly owner: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Age at which a value no longer counts; null: never. */
  readonly ttlSeconds: number | null;
  readonly features: readonly Feature[];
  /** `batch` views are computed by `sourceSql`; `stream` views are written by events. */
  readonly kind: 'batch' | 'stream';
  readonly offlineTable: string;
  /**
   * Gives the rows whose event_timestamp is in ($1, $2]: entity_id, event_timestamp, then each feature under its name. It reads nothing later
   * than a row's own event_timestamp. Null for a view that is only written to.
   */
  readonly sourceSql: string | null;
  /**
   * Tells whose past has changed: entity_id, and two fingerprints (bigint) of everything that the entity's rows are made of: `before` over what
   * happened earlier than $1, `upto` earlier than $2. Null: rows that arrive late, or are corrected, are not seen.
   */
  readonly fingerprintSql: string | null;
}

/** Features that are computed when they are asked for, out of others. Training and serving call the same function. */
export interface OnDemandView {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What it is computed from, by reference `view:feature`. */
  readonly reads: readonly string[];
  readonly features: readonly Feature[];
  /** Pure. @param inputs the values of `reads`, by reference @returns a value for each feature, by its name */
  compute(inputs: Readonly<Record<string, FeatureValue>>): Readonly<Record<string, FeatureValue>>;
}

/** The features that one model reads, by reference `view:feature`. */
export interface FeatureService {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly features: readonly string[];
}
