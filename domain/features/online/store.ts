/** A row as a store keeps it. */
export interface StoredRow {
  /** Milliseconds since 1970, as are all times of a store */
  readonly eventMs: number;
  readonly createdMs: number;
  /** The values as `encodeValues` writes them */
  readonly text: string;
}

export interface EntityRow extends StoredRow {
  readonly entityId: string;
}

export interface OnlineKey {
  readonly view: string;
  readonly entityId: string;
}

/**
 * Holds the latest row of each entity in each view. An older row never replaces a newer one, whoever writes first.
 *
 * A batch is staged in chunks, in the order of the entities' ids, and becomes readable as a whole when it is committed. A view has one open
 * batch at a time: to begin another is to give up the first, whose writer is then refused. To begin the open one again is to go on with it.
 */
export interface OnlineStore {
  readonly name: 'redis' | 'postgres';
  /** All in one look at the store, so that no batch is seen in half. @returns rows in the order of the keys; undefined where there is none */
  read(keys: readonly OnlineKey[]): Promise<(StoredRow | undefined)[]>;
  /** All of it is readable when this resolves, and none before. */
  push(view: string, rows: readonly EntityRow[]): Promise<void>;
  /** @returns the entity that was staged last, null at the beginning */
  begin(view: string, batch: string): Promise<string | null>;
  /** @throws BatchGivenUp */
  stage(view: string, batch: string, rows: readonly EntityRow[]): Promise<void>;
  /** @throws BatchGivenUp */
  commit(view: string, batch: string): Promise<void>;
  /** Whether any batch of the view was ever committed here; a store that was emptied has to be filled from the beginning. */
  isFilled(view: string): Promise<boolean>;
  /** Takes away what is kept of an entity, staged or readable, and the place of an open batch that stands at it: that batch is given up. @returns how much went */
  forget(view: string, entityId: string): Promise<number>;
  /** Whether anything of an entity is there that was made before, or an open batch stands at it. */
  holds(view: string, entityId: string, before: Date): Promise<boolean>;
  check(): Promise<string>;
  close(): Promise<void>;
}

/** Another batch of the view was begun since, or the store has lost this one. */
export class BatchGivenUp extends Error {
  override readonly name = 'BatchGivenUp';
  constructor(view: string, batch: string) {
    super(`batch ${batch} of feature view ${view} is no longer the open one`);
  }
}
