import type { FeatureValue } from './view.ts';

/** The features of one entity in one view, at one moment. */
export interface OnlineRow {
  readonly entityId: string;
  readonly eventTimestamp: Date;
  /** When the values were computed; of two rows with one event timestamp the later counts. */
  readonly createdAt: Date;
  readonly values: Readonly<Record<string, FeatureValue>>;
}

/**
 * Holds the latest row of each entity in each view. An older row never replaces a newer one, whoever writes first.
 * What one `write` is given becomes readable at once or not at all.
 */
export interface OnlineStore {
  /** @returns the rows in the order of the ids; undefined where there is none */
  read(view: string, entityIds: readonly string[]): Promise<(OnlineRow | undefined)[]>;
  write(view: string, rows: readonly OnlineRow[]): Promise<void>;
  check(): Promise<string>;
  close(): Promise<void>;
}
