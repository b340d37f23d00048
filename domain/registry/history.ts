import type { RegistryChange } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';

/** Changes of a model's aliases and stages, newest first. */
export async function listChanges(db: Database, name: string, limit: number): Promise<RegistryChange[]> {
  const { rows } = await db.query<Omit<RegistryChange, 'at'> & { at: Date }>(
    `select case when alias is null then 'stage' else 'alias' end as change, alias, version::text, was as "from", became as "to",
       changed_by as by, reason, changed_at as at
     from registry_changes where name = $1 order by change_id desc limit $2`,
    [name, limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

interface Reign {
  readonly from: string;
  readonly until: string | null;
  readonly by: string;
  readonly reason: string;
}

/** When a version had an alias, oldest first: from each time that it was named until the alias next changed. */
export async function listReigns(
  db: Database,
  { name, version, alias }: { name: string; version: string; alias: string },
): Promise<Reign[]> {
  const { rows } = await db.query<{ since: Date; until: Date | null; by: string; reason: string }>(
    `select changed_at as since, until, changed_by as by, reason from (
       select *, lead(changed_at) over (order by change_id) as until from registry_changes where name = $1 and alias = $3
     ) as changes where became = $2 order by change_id`,
    [name, version, alias],
  );
  return rows.map(({ since, until, by, reason }) => ({ from: since.toISOString(), until: until?.toISOString() ?? null, by, reason }));
}
