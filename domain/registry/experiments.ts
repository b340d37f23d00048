import type { Database } from '../../platform/postgres.ts';

/**
 * The experiment of this name, made where it is not there yet.
 * @returns its id
 */
export async function ensureExperiment(db: Database, name: string): Promise<string> {
  const known = await findExperiment(db, name);
  if (known !== undefined) return known;
  await db.query('insert into experiments (name) values ($1) on conflict (name) do nothing', [name]);
  return (await findExperiment(db, name))!;
}

async function findExperiment(db: Database, name: string): Promise<string | undefined> {
  const { rows } = await db.query<{ experiment_id: string }>('select experiment_id::text from experiments where name = $1', [name]);
  return rows[0]?.experiment_id;
}
