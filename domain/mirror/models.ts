import { z } from 'zod';
import type { MlflowServer } from '../../platform/mlflowServer.ts';
import type { Database } from '../../platform/postgres.ts';
import { MODEL_TAG, tagOf, tagsSchema } from './tags.ts';
import { unless } from './unless.ts';

const nothing = z.unknown();
const modelSchema = z.object({
  registered_model: z.object({
    description: z.string().default(''),
    tags: tagsSchema,
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
    latest_versions: z.array(z.unknown()).default([]),
  }),
});
export type ModelThere = z.output<typeof modelSchema>['registered_model'];

export async function getModel(server: MlflowServer, name: string): Promise<ModelThere | undefined> {
  const found = await unless('RESOURCE_DOES_NOT_EXIST', server.ask('GET', '/registered-models/get', { name }, modelSchema));
  return found?.registered_model;
}

/** The tag comes with the model in one request, and says ever after that it is ours; one that was there before is its makers'. */
export async function makeModel(server: MlflowServer, name: string): Promise<void> {
  const create = { name, tags: [{ key: MODEL_TAG, value: name }] };
  await unless('RESOURCE_ALREADY_EXISTS', server.ask('POST', '/registered-models/create', create, nothing));
}

const isOurs = (model: ModelThere, name: string) => tagOf(model.tags, MODEL_TAG) === name;

/** Describes a model as it is here, unless others made it; a second time it changes nothing. @returns its name there */
export async function mirrorModel(db: Database, server: MlflowServer, name: string): Promise<string | null> {
  const { rows } = await db.query<{ description: string; tags: Record<string, string> }>(
    `select description, (select coalesce(jsonb_object_agg(key, value), '{}') from registered_model_tags t where t.name = m.name) as tags
     from registered_models m where name = $1`,
    [name],
  );
  if (!rows[0]) return null;
  await makeModel(server, name);
  const there = await getModel(server, name);
  if (!there || !isOurs(there, name)) return name;
  const { description, tags } = rows[0];
  if (there.description !== description) await server.ask('PATCH', '/registered-models/update', { name, description }, nothing);
  for (const [key, value] of Object.entries(tags))
    if (tagOf(there.tags, key) !== value) await server.ask('POST', '/registered-models/set-tag', { name, key, value }, nothing);
  return name;
}

/** Deletes a model there whose versions have gone, unless others made it, or a version in it. */
export async function removeModel(server: MlflowServer, name: string): Promise<void> {
  const there = await getModel(server, name);
  if (!there || !isOurs(there, name) || there.latest_versions.length > 0) return;
  await unless('RESOURCE_DOES_NOT_EXIST', server.ask('DELETE', '/registered-models/delete', { name }, nothing));
}
