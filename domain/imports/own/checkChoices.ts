import type { OwnRef, ValueScale } from '../../../contracts/dataImport.ts';
import type { RuleReport } from '../../../contracts/quality.ts';
import type { QualityBounds } from '../../../contracts/settings/quality.ts';
import { copyIn } from '../../../platform/copy.ts';
import { withTransaction, type Pool } from '../../../platform/postgres.ts';
import { copyLine } from '../../catalogue/copyText.ts';
import { checkRowRules } from '../quality/checkRows.ts';
import { judgeFreshness, judgeVolume, readPublishedBefore } from '../quality/checkVolume.ts';
import { rowRules } from '../quality/rules.ts';
import { mergePairs } from './mergePairs.ts';
import type { Choice } from './readChoices.ts';

const TABLE = 'previewed_ratings';
/** Each item is known by the log that tells of it. */
const RULES = rowRules(TABLE).filter(({ about, check }) => about === 'ratings' && check !== 'references');
const NEVER = new AbortController().signal;

export interface CheckedChoices {
  /** The first of those that are left, as they would be kept; `item` as the log has it. */
  readonly first: readonly { user_id: string; item: string; value: number; rating: number; rated_at: Date }[];
  readonly rules: readonly RuleReport[];
  /** Rows that went into others of their pair. */
  readonly merged: number;
}

/** Holds rows of a log to the rules that an import holds them to, made one a pair as there. Nothing of it is kept. */
export const checkChoices = (
  pool: Pool,
  set: OwnRef,
  choices: readonly { readonly line: number; readonly row: Choice }[],
  { scale, shown, isWhole, bounds }: { scale: ValueScale | 'choices'; shown: number; isWhole: boolean; bounds: QualityBounds },
): Promise<CheckedChoices> =>
  withTransaction(pool, async (connection) => {
    const items = [...new Set(choices.map(({ row }) => row.item))];
    const idOf = new Map(items.map((item, at) => [item, at]));
    async function* lines() {
      for (const { line, row } of choices) {
        yield copyLine([line, `${set.user_prefix}${row.user}`, idOf.get(row.item)!, row.value, row.at.toISOString(), set.source]);
      }
    }
    await connection.query(
      `create temp table ${TABLE} (line integer, user_id text, movie_id integer, raw_value real, rated_at timestamptz, source text, rating real)
       on commit drop`,
    );
    await copyIn(connection, `copy ${TABLE} (line, user_id, movie_id, raw_value, rated_at, source) from stdin (format csv)`, lines, NEVER);
    const merged = await mergePairs(connection, TABLE, scale);
    const { maxRejectShare } = bounds;
    const rejects = { addLines: () => Promise.resolve() };
    const rules = await checkRowRules({ connection, table: TABLE, rejects, maxRejectShare, signal: NEVER }, RULES);
    const { rows } = await connection.query<{ user_id: string; movie_id: number; value: number; rating: number; rated_at: Date }>(
      `select user_id, movie_id, raw_value as value, rating, rated_at from ${TABLE} order by line limit $1`,
      [shown],
    );
    const { rows: all } = await connection.query<{ count: number; newest_at: Date | null }>(
      `select count(*) as count, max(rated_at) as newest_at from ${TABLE}`,
    );
    const { count, newest_at } = all[0]!;
    const before = isWhole ? await readPublishedBefore(connection, set, bounds.volumeRuns) : { medians: {}, newestAt: null };
    const ofAll = [judgeVolume('ratings', count, before, bounds), ...(isWhole ? [judgeFreshness(newest_at, count, before, bounds)] : [])];
    return { first: rows.map(({ movie_id, ...row }) => ({ ...row, item: items[movie_id]! })), rules: [...rules, ...ofAll], merged };
  });
