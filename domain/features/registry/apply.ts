import type { PoolClient } from 'pg';
import type { DescribedDefinitions, FeaturePlan, RegistryVersion } from '../../../contracts/featureRegistry.ts';
import { invalidFields } from '../../../contracts/failures.ts';
import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';
import type { FeatureDefinitions } from '../definitions.ts';
import { ensureOfflineTable } from '../offlineTable.ts';
import { describeDefinitions, hashDefinitions } from './describe.ts';
import { planChanges } from './plan.ts';
import { validateDefinitions } from './validate.ts';
import { validateSql } from './validateSql.ts';

export interface Applied {
  readonly plan: FeaturePlan;
  /** The version that is in force now; null where the plan was left alone before the first. */
  readonly version: number | null;
  readonly applied: boolean;
}

/** What applying the definitions would change. @throws Failure `invalid` where they cannot be in force */
export const planDefinitions = (pool: Pool, definitions: FeatureDefinitions): Promise<FeaturePlan> =>
  withTransaction(pool, async (connection) => {
    await refuseInvalid(connection, definitions);
    return planAgainst(await readInForce(connection), definitions);
  });

/**
 * Puts definitions in force: a new version in the registry, and the offline tables they need. Views that compute something else from now on are
 * computed from the beginning next time. Nothing happens where nothing changes, and two at once take turns.
 * @param unless a plan that is left alone
 * @throws Failure `invalid` where they cannot be in force
 */
export const applyDefinitions = (
  pool: Pool,
  definitions: FeatureDefinitions,
  { by, unless = () => false }: { by: string; unless?: (plan: FeaturePlan) => boolean },
): Promise<Applied> =>
  withTransaction(pool, async (connection) => {
    await connection.query(`select pg_advisory_xact_lock(hashtextextended('feature registry', 0))`);
    await refuseInvalid(connection, definitions);
    const inForce = await readInForce(connection);
    const plan = planAgainst(inForce, definitions);
    const isNothing = plan.changes.length === 0;
    if (unless(plan)) return { plan, version: plan.version, applied: false };
    for (const view of definitions.views) await ensureOfflineTable(connection, view);
    if (isNothing) return { plan, version: plan.version, applied: false };
    await forgetComputed(connection, plan);
    return { plan, version: await insertVersion(connection, describeDefinitions(definitions), plan, by), applied: true };
  });

/** At start-up: what is new is put in force; what takes something away is left to a person, who sees it by `mlops features plan`. */
export const applyAtStart = (pool: Pool, definitions: FeatureDefinitions): Promise<Applied> =>
  applyDefinitions(pool, definitions, { by: 'start-up', unless: (plan) => plan.takes_away });

async function refuseInvalid(connection: PoolClient, definitions: FeatureDefinitions): Promise<void> {
  const errors = validateDefinitions(definitions);
  // SQL is looked at only where names and types are good: it would be told twice.
  if (errors.length === 0) for (const view of definitions.views) errors.push(...(await validateSql(connection, view)));
  if (errors.length > 0) throw invalidFields(errors);
}

const planAgainst = (inForce: InForce | null, definitions: FeatureDefinitions): FeaturePlan =>
  planChanges(inForce?.definitions ?? null, describeDefinitions(definitions), inForce?.version ?? null);

interface InForce {
  readonly version: number;
  readonly definitions: DescribedDefinitions;
}

/** The newest version; null before the first. */
export async function readInForce(db: Database): Promise<InForce | null> {
  const { rows } = await db.query<InForce>('select version, definitions from feature_registry order by version desc limit 1');
  return rows[0] ?? null;
}

async function insertVersion(db: Database, described: DescribedDefinitions, plan: FeaturePlan, by: string): Promise<number> {
  const { rows } = await db.query<{ version: number }>(
    `insert into feature_registry (version, hash, definitions, plan, applied_by)
     select coalesce(max(version), 0) + 1, $1, $2, $3, $4 from feature_registry returning version`,
    [hashDefinitions(described), JSON.stringify(described), JSON.stringify(plan.changes), by],
  );
  return rows[0]!.version;
}

/** A view whose SQL or features change. */
async function forgetComputed(db: Database, { changes }: FeaturePlan): Promise<void> {
  const views = changes
    .filter(({ kind, field }) => (kind === 'view' && field === 'source_sql') || (kind === 'feature' && field === null))
    .map(({ name }) => name.split(':')[0]);
  await db.query('delete from feature_view_state where view = any($1)', [views]);
  await db.query('delete from feature_fingerprints where view = any($1)', [views]);
}

/** Every version, newest first. */
export async function listRegistryVersions(db: Database): Promise<RegistryVersion[]> {
  const { rows } = await db.query<Omit<RegistryVersion, 'applied_at'> & { applied_at: Date }>(
    'select version, hash, plan as changes, applied_by, applied_at from feature_registry order by version desc',
  );
  return rows.map((row) => ({ ...row, applied_at: row.applied_at.toISOString() }));
}
