import { CHAMPION } from '../../contracts/models.ts';
import type { Lineage, RegistryRun } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { listReigns } from './history.ts';
import { getRegistryRun } from './runs.ts';
import { getModelVersion } from './versions.ts';

/** What a version was made of and when it was champion; null where there is none. Which routes it answers on, serving knows. */
export async function readLineage(db: Database, name: string, version: string): Promise<Omit<Lineage, 'routes'> | null> {
  const found = await getModelVersion(db, name, version);
  if (!found) return null;
  const run = found.registry_run_id === null ? null : await getRegistryRun(db, found.registry_run_id);
  const tags = run?.tags ?? {};
  return {
    data: { sets: tags['data_sets']?.split(', ') ?? [], snapshot_id: tags['snapshot_id'] ?? null },
    run: run && (await describeRun(db, run)),
    version: found,
    parameters: /^\d{1,15}$/.test(tags['parameters'] ?? '') ? Number(tags['parameters']) : null,
    champion: await listReigns(db, { name, version, alias: CHAMPION }),
  };
}

async function describeRun(db: Database, run: RegistryRun): Promise<NonNullable<Lineage['run']>> {
  const { rows } = await db.query<{ name: string }>('select name from experiments where experiment_id = $1', [run.experiment_id]);
  const { registry_run_id, name, user_id, status, started_at, ended_at, params, tags } = run;
  const made = { code_version: tags['code_version'] ?? null, backend: tags['backend'] ?? null };
  return { registry_run_id, experiment: rows[0]!.name, name, user_id, status, started_at, ended_at, params, ...made };
}
