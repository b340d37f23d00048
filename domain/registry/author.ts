import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';

/** In whose name the registry is changed, and why. */
export interface Author {
  readonly name: string;
  readonly reason: string;
}

/** Tells the transaction who its author is: what it changes of aliases and stages is written down with that. */
export async function sign(db: Database, { name, reason }: Author): Promise<void> {
  await db.query(`select set_config('registry.changed_by', $1, true), set_config('registry.reason', $2, true)`, [name, reason]);
}

/** A transaction in the name of an author. */
export const withAuthor = <T>(pool: Pool, author: Author, body: (db: Database) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (db) => {
    await sign(db, author);
    return body(db);
  });
