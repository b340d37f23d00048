import type { ValueScale } from '../../../contracts/dataImport.ts';
import type { Database } from '../../../platform/postgres.ts';
import { RATING_OF } from './valueScale.ts';

/**
 * Makes one row of all that a user said of an item, which a log may tell any number of times: the latest rating counts, counts are added up, and bare
 * choices are counted. Inside a transaction. @returns rows that went into others
 */
export async function mergePairs(db: Database, table: string, scale: ValueScale | 'choices'): Promise<number> {
  const merged =
    scale === 'counts' || scale === 'choices'
      ? `select user_id, movie_id, ${scale === 'counts' ? 'sum(raw_value)' : 'count(*)'}::real as raw_value, max(rated_at) as rated_at,
           max(source) as source, max(line) as line from ${table} group by user_id, movie_id`
      : `select distinct on (user_id, movie_id) user_id, movie_id, raw_value, rated_at, source, line from ${table}
         order by user_id, movie_id, rated_at desc, line desc`;
  await db.query(`create temp table merged on commit drop as ${merged}`);
  const before = await db.query<{ rows: number }>(`select count(*) as rows from ${table}`);
  await db.query(`truncate ${table}`);
  const { rowCount } = await db.query(
    `insert into ${table} (user_id, movie_id, raw_value, rated_at, source, line, rating)
     select user_id, movie_id, raw_value, rated_at, source, line, ${RATING_OF[scale]('raw_value::numeric')} from merged`,
  );
  return before.rows[0]!.rows - (rowCount ?? 0);
}
