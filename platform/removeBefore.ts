import type { Database } from './postgres.ts';

/** Of one statement: a moment's work, which holds up nobody. */
const ROWS_OF_REMOVAL = 10_000;

/**
 * Removes rows that are older than so.
 * @param table and `column`, its time, as the code names them
 * @returns how many went; as many as one call takes where there are more
 */
export async function removeBefore(db: Database, { table, column }: { table: string; column: string }, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from ${table} where ctid = any (array(select ctid from ${table} where ${column} < $1 limit $2))`,
    [before, ROWS_OF_REMOVAL],
  );
  return rowCount ?? 0;
}
