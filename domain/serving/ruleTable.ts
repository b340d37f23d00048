import { conflict, invalid, missing } from '../../contracts/failures.ts';
import type { RuleBody, ServingRule } from '../../contracts/ordering.ts';
import { RULES_AT_MOST } from '../../contracts/sizes.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
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

/** @throws Failure `invalid` for an end that is past, `conflict` where too many are in force */
export function addRule(pool: Pool, rule: RuleBody, createdBy: string): Promise<ServingRule> {
  if (rule.until !== undefined && Date.parse(rule.until) <= Date.now()) throw invalid('until', 'is past');
  return withTransaction(pool, async (db) => {
    await db.query('lock table serving_rules in share row exclusive mode');
    const { rows } = await db.query<Row>(
      `insert into serving_rules (action, matches, position, strength, until, reason, created_by)
       select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from serving_rules where ${IN_FORCE}) < $8 returning ${COLUMNS}`,
      [
        ...[rule.action, JSON.stringify(rule.match), rule.action === 'pin' ? rule.position : null],
        ...[rule.action === 'boost' ? rule.strength : null, rule.until ?? null, rule.reason, createdBy, RULES_AT_MOST],
      ],
    );
    if (!rows[0]) throw conflict(`${RULES_AT_MOST} rules are in force already`);
    return toRule(rows[0]);
  });
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
