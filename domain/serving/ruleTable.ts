import { conflict, invalid, missing } from '../../contracts/failures.ts';
import type { AddedRule, Match, RuleBody, ServingRule } from '../../contracts/ordering.ts';
import { RULES_AT_MOST } from '../../contracts/sizes.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { genresNamed } from '../catalogue/genres.ts';
import type { Author } from '../registry/author.ts';

type Row = Omit<ServingRule, 'until' | 'created_at' | 'removed_at'> & { until: Date | null; created_at: Date; removed_at: Date | null };
const COLUMNS =
  'rule_id::text, action, matches as match, position, strength, until, reason, created_at, created_by, removed_at, removed_by, removed_reason';
const IN_FORCE = 'removed_at is null and (until is null or until > now())';

/** Rules in force, or those that are not any more too, newest first. */
export async function listRules(db: Database, { limit, all }: { limit: number; all: boolean }): Promise<ServingRule[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from serving_rules where $2 or (${IN_FORCE}) order by serving_rules.rule_id desc limit $1`,
    [limit, all],
  );
  return rows.map(toRule);
}

/** @throws Failure `invalid` for an end that is past or a genre that no movie is of, `conflict` where too many are in force */
export function addRule(pool: Pool, rule: RuleBody, createdBy: string): Promise<AddedRule> {
  if (rule.until !== undefined && Date.parse(rule.until) <= Date.now()) throw invalid('until', 'is past');
  return withTransaction(pool, async (db) => {
    const match = await withGenresNamed(db, rule.match);
    await db.query('lock table serving_rules in share row exclusive mode');
    const { rows } = await db.query<Row>(
      `insert into serving_rules (action, matches, position, strength, until, reason, created_by)
       select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from serving_rules where ${IN_FORCE}) < $8 returning ${COLUMNS}`,
      [
        ...[rule.action, JSON.stringify(match), rule.action === 'pin' ? rule.position : null],
        ...[rule.action === 'boost' ? rule.strength : null, rule.until ?? null, rule.reason, createdBy, RULES_AT_MOST],
      ],
    );
    if (!rows[0]) throw conflict(`${RULES_AT_MOST} rules are in force already`);
    return { ...toRule(rows[0]), movies: await countMovies(db, match) };
  });
}

async function withGenresNamed(db: Database, match: Match): Promise<Match> {
  if (!match.genres) return match;
  const { rows } = await db.query<{ genre: string }>('select distinct genre from movies, unnest(genres) as genre order by genre');
  const known = rows.map(({ genre }) => genre);
  return { ...match, genres: genresNamed(match.genres, known, 'match.genres') };
}

/** How many movies of the catalogue it is about; null where a rating is asked for, which a model has learnt. */
async function countMovies(db: Database, { movie_ids, genres, years, rating }: Match): Promise<number | null> {
  if (rating) return null;
  const { rows } = await db.query<{ movies: number }>(
    `select count(*)::int as movies from movies m
     where ($1::text[] is null or movie_id::text = any($1)) and ($2::text[] is null or genres && $2)
       and (not $3 or release_year between coalesce($4, release_year) and coalesce($5, release_year))
       and not exists (select from gone_movies g where g.movie_id = m.movie_id)`,
    [movie_ids ?? null, genres ?? null, years !== undefined, years?.from ?? null, years?.to ?? null],
  );
  return rows[0]!.movies;
}

/** @throws Failure `missing` where there is none, or it was removed before */
export async function removeRule(db: Database, ruleId: string, { name, reason }: Author): Promise<ServingRule> {
  const { rows } = await db.query<Row>(
    `update serving_rules set removed_at = clock_timestamp(), removed_by = $2, removed_reason = $3
     where rule_id = $1 and removed_at is null returning ${COLUMNS}`,
    [ruleId, name, reason],
  );
  if (!rows[0]) throw missing(`there is no rule ${ruleId} to remove`);
  return toRule(rows[0]);
}

const toRule = (row: Row): ServingRule => ({
  ...row,
  until: row.until?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  removed_at: row.removed_at?.toISOString() ?? null,
});
