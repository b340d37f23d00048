import { CHAMPION } from '../../contracts/models.ts';
import type { Tags } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';

/** @returns whether it was made; false where there is one of this name. One statement, so that it stands with its tags or not at all. */
export async function createModel(
  db: Database,
  { name, description, tags }: { name: string; description: string; tags: Tags },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with made as (insert into registered_models (name, description) values ($1, $2) on conflict (name) do nothing returning name),
     tagged as (insert into registered_model_tags (name, key, value) select name, key, value from made, unnest($3::text[], $4::text[]) as sent (key, value))
     select from made`,
    [name, description, Object.keys(tags), Object.values(tags)],
  );
  return rowCount === 1;
}

/** @returns whether there is such a model */
export async function describeModel(db: Database, name: string, description: string): Promise<boolean> {
  const { rowCount } = await db.query('update registered_models set description = $2, updated_at = now() where name = $1', [
    name,
    description,
  ]);
  return rowCount === 1;
}

/** Gives a model with all its versions, aliases and changes another name. */
export async function renameModel(db: Database, name: string, newName: string): Promise<'renamed' | 'missing' | 'taken'> {
  const { rows } = await db.query<{ held: string }>(
    'select name as held from registered_models where name = any ($1) order by name for update',
    [[name, newName]],
  );
  const held = rows.map((row) => row.held);
  if (!held.includes(name)) return 'missing';
  if (name !== newName && held.includes(newName)) return 'taken';
  await db.query('update registered_models set name = $2, updated_at = now() where name = $1', [name, newName]);
  await db.query('update model_versions set updated_at = now() where name = $1', [newName]);
  return 'renamed';
}

/** Deletes a model with its versions, unless one of them is in service. The lock holds off whoever makes one champion meanwhile. */
export async function deleteModel(db: Database, name: string): Promise<'deleted' | 'missing' | 'in service'> {
  const { rowCount } = await db.query('select from registered_models where name = $1 for update', [name]);
  if (rowCount === 0) return 'missing';
  const { rowCount: champions } = await db.query('select from model_aliases where name = $1 and alias = $2', [name, CHAMPION]);
  if (champions !== 0) return 'in service';
  await db.query('delete from registered_models where name = $1', [name]);
  return 'deleted';
}

/** @returns whether there is such a model */
export async function setModelTag(db: Database, name: string, key: string, value: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into registered_model_tags (name, key, value) select name, $2, $3 from registered_models where name = $1
     on conflict (name, key) do update set value = excluded.value`,
    [name, key, value],
  );
  return rowCount === 1;
}

/** @returns whether there is such a model; a tag that it has not is no error */
export async function removeModelTag(db: Database, name: string, key: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with removed as (delete from registered_model_tags where name = $1 and key = $2) select from registered_models where name = $1`,
    [name, key],
  );
  return rowCount === 1;
}
