import type { PoolClient } from 'pg';
import type { RuleReport } from '../../../contracts/quality.ts';
import { copyOut } from '../../../platform/copy.ts';
import type { RejectsFile } from '../staging/rejectsFile.ts';
import type { RowRule, UniqueRule } from './rules.ts';

const SAMPLE_ROWS = 10;
/** For sorting; Postgres' default makes of a few million rows many runs on disk. */
export const INDEX_MEMORY = '256MB';
const UNIQUE_VIOLATION = '23505';

export interface StagedRows {
  readonly connection: PoolClient;
  readonly table: string;
  readonly rejects: Pick<RejectsFile, 'addLines'>;
  readonly maxRejectShare: number;
  readonly signal: AbortSignal;
}
type Sample = RuleReport['sample'];

/** Counts the rows that break each rule in one pass, and sets those that do aside. @returns a report for each rule, in their order */
export async function checkRowRules(staged: StagedRows, rules: readonly RowRule[]): Promise<RuleReport[]> {
  const broken = rules.map(({ offends }, index) => `when ${offends} then ${index}`);
  const { rows } = await staged.connection.query<{ rule: number | null; count: number }>(
    `select ${broken.length > 0 ? `case ${broken.join(' ')} end` : 'null::integer'} as rule, count(*) as count
     from ${staged.table} s ${rules.map(({ join = '' }) => join).join(' ')} group by 1`,
  );
  const counts = new Map(rows.map(({ rule, count }) => [rule, count]));
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const reports: RuleReport[] = [];
  for (const [index, rule] of rules.entries()) {
    const count = counts.get(index) ?? 0;
    const sample = count === 0 ? [] : await setAside(staged, `${rule.about}.${rule.name}`, rule);
    reports.push(judgeShare(staged, `${rule.about}.${rule.name}`, rule.check, { count, total, sample }));
  }
  return reports;
}

/**
 * Proves that no two rows share a key by building the index that the published table needs anyway; where that fails, sets the surplus rows aside
 * and builds it then.
 */
export async function checkUnique(
  staged: StagedRows,
  rule: UniqueRule,
  { index, total }: { index: string; total: number },
): Promise<RuleReport> {
  const { connection, table } = staged;
  const key = rule.key.join();
  const build = () => connection.query(`create unique index ${index} on ${table} (${key})`);
  await connection.query(`set local maintenance_work_mem = '${INDEX_MEMORY}'; savepoint before_index`);
  const isUnique = await build().then(
    () => true,
    async (error: { code?: string }) => {
      if (error.code !== UNIQUE_VIOLATION) throw error;
      await connection.query('rollback to savepoint before_index');
      return false;
    },
  );
  const name = `${rule.about}.${rule.name}`;
  if (isUnique) return judgeShare(staged, name, 'duplicates', { count: 0, total, sample: [] });

  const { rowCount: count } = await connection.query(
    `create temp table surplus on commit drop as
     select line from (select line, row_number() over (partition by ${key} order by ${rule.keep}) as place from ${table}) s where place > 1`,
  );
  const sample = await setAside(staged, name, { join: 'join surplus using (line)', offends: 'true', reason: rule.reason });
  await connection.query('drop table surplus');
  await build();
  return judgeShare(staged, name, 'duplicates', { count: count ?? 0, total, sample });
}

/** Streams the rows that break a rule into the rejects file and deletes them. @returns the first few of them */
async function setAside(
  { connection, table, rejects, signal }: StagedRows,
  rule: string,
  { join = '', offends, reason }: Pick<RowRule, 'join' | 'offends' | 'reason'>,
): Promise<Sample> {
  const rows = (columns: string) => `select ${columns} from ${table} s ${join} where ${offends}`;
  const { rows: sample } = await connection.query<Sample[number]>(
    `${rows(`s.line, ${reason} as reason`)} order by s.line limit ${SAMPLE_ROWS}`,
  );
  const raw = `to_jsonb(s) - 'line'`;
  const sql = `copy (${rows(`s.line, '${rule}', ${reason}, ${raw}`)} order by s.line) to stdout (format csv, force_quote *)`;
  const addAll = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) await rejects.addLines(chunk);
  };
  await copyOut(connection, sql, addAll, signal);
  await connection.query(`delete from ${table} where line in (${rows('s.line')})`);
  return sample;
}

/** A rule about a share of the rows: how many may break it before the data is not published. */
export function judgeShare(
  { maxRejectShare }: Pick<StagedRows, 'maxRejectShare'>,
  rule: string,
  check: RuleReport['check'],
  { count, total, sample }: { count: number; total: number; sample: Sample },
): RuleReport {
  const share = total === 0 ? 0 : count / total;
  const detail = `${count} of ${total} rows (${percent(share)}), at most ${percent(maxRejectShare)} may`;
  return { rule, check, passed: share <= maxRejectShare, offending: count, of: total, detail, sample };
}

export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
