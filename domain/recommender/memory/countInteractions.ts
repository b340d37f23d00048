import type { Database } from '../../../platform/postgres.ts';
import type { DataSizes } from '../model/model.ts';

/** About how much there is to learn from, by the database's own statistics: a plan, in milliseconds however large the tables. */
export async function countInteractions(db: Database): Promise<DataSizes> {
  const { rows } = await db.query<{ interactions: number; movies: number }>(
    `select coalesce(sum(rows) filter (where name in ('ratings', 'interactions')), 0)::float8 as interactions,
       coalesce(sum(rows) filter (where name = 'movies'), 0)::float8 as movies
     from unnest(array['ratings', 'interactions', 'movies']) as name
     cross join lateral (
       select sum(greatest(reltuples, 0)) as rows from pg_class where oid in (select relid from pg_partition_tree(name::regclass) where isleaf)
     ) as estimated`,
  );
  const { interactions, movies } = rows[0]!;
  return { interactions, movies, users: interactions / RATINGS_A_USER };
}

const RATINGS_A_USER = 20;
