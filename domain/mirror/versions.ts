import { z } from 'zod';
import { ServerRefused, type MlflowServer } from '../../platform/mlflowServer.ts';
import type { Database } from '../../platform/postgres.ts';
import { VERSIONS } from '../artifacts/versionFolders.ts';
import { mirroredAs, moveMark } from './marks.ts';
import { isMissing, mirrorRun, RUN_TAG, unlessThere } from './runs.ts';

const VERSION_TAG = 'movie_mlops.version';
const SOURCE_TAG = 'movie_mlops.source';

const nothing = z.unknown();
const tagsSchema = z.array(z.object({ key: z.string(), value: z.string() })).default([]);
const versionSchema = z.object({ name: z.string(), version: z.string(), tags: tagsSchema });
const foundSchema = z.object({ model_versions: z.array(versionSchema).default([]) });
const createdSchema = z.object({ model_version: versionSchema });
const modelSchema = z.object({
  registered_model: z.object({ aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]) }),
});

interface OwnVersion {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly run: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  /** Of all versions of the model */
  readonly aliases_of_model: readonly string[];
}

/**
 * Registers a version as it is now; a second time it changes nothing.
 * @param id its name and number
 * @param sources the address below which our versions are fetched
 * @returns its number there
 */
export async function mirrorVersion(
  db: Database,
  server: MlflowServer,
  sources: string,
  id: string,
  known: string | null,
): Promise<string> {
  const own = await readVersion(db, id);
  const version = known ?? (await findOrRegister(db, server, sources, own));
  const about = { name: own.name, version };
  await server.ask('PATCH', '/model-versions/update', { ...about, description: own.description }, nothing);
  for (const [key, value] of Object.entries(own.tags))
    await server.ask('POST', '/model-versions/set-tag', { ...about, key, value }, nothing);
  await setAliases(server, own, version);
  return version;
}

async function readVersion(db: Database, id: string): Promise<OwnVersion> {
  const { rows } = await db.query<OwnVersion>(
    `select v.name, v.version::text, v.description, v.registry_run_id as run,
       (select coalesce(jsonb_object_agg(key, value), '{}') from model_version_tags t where t.name = v.name and t.version = v.version) as tags,
       array(select alias from model_aliases a where a.name = v.name and a.version = v.version order by alias) as aliases,
       array(select alias from model_aliases a where a.name = v.name) as aliases_of_model
     from model_versions v where v.name || '/' || v.version = $1`,
    [id],
  );
  return rows[0]!;
}

/** The tags come with the version in one request, so that one that was registered before a kill is found. */
async function findOrRegister(db: Database, server: MlflowServer, sources: string, own: OwnVersion): Promise<string> {
  const { name, version, description, run } = own;
  await unlessThere(server.ask('POST', '/registered-models/create', { name }, nothing));
  const tags = [{ key: VERSION_TAG, value: version }, ...(run === null ? [] : [{ key: RUN_TAG, value: run }])];
  const filter = `tags."${run === null ? VERSION_TAG : RUN_TAG}" = '${run ?? version}'`;
  const { model_versions: found } = await server.ask('GET', '/model-versions/search', { filter, max_results: '100' }, foundSchema);
  const same = found.find(
    (one) => one.name === name && tags.every(({ key, value }) => one.tags.some((tag) => tag.key === key && tag.value === value)),
  );
  if (same) return same.version;
  const runId = run === null ? null : await findRun(db, server, run);
  const source = `${sources}/${VERSIONS}/${encodeURIComponent(name)}/${version}`;
  const create = { name, description, tags: [...tags, { key: SOURCE_TAG, value: source }], ...(runId !== null && { run_id: runId }) };
  return createVersion(server, { ...create, source }, runId);
}

/**
 * Many servers let no version lie at an address with a host (of MLflow's own, those without MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES): there it is
 * its run's, and the tag alone says where it is fetched.
 */
async function createVersion(server: MlflowServer, create: Readonly<Record<string, unknown>>, runId: string | null): Promise<string> {
  const ask = (content: typeof create) => server.ask('POST', '/model-versions/create', content, createdSchema);
  const made = await ask(create).catch((error: unknown) => {
    const isOfSource = error instanceof ServerRefused && error.code === 'INVALID_PARAMETER_VALUE' && /source/i.test(error.message);
    if (runId === null || !isOfSource) throw error;
    return ask({ ...create, source: `runs:/${runId}/model` });
  });
  return made.model_version.version;
}

/** The version's run there; logged again where somebody removed it. Null where it was never logged, as one that was deleted here. */
async function findRun(db: Database, server: MlflowServer, id: string): Promise<string | null> {
  const known = await mirroredAs(db, server.url, 'run', id);
  if (known === null || (await isThere(server.ask('GET', '/runs/get', { run_id: known }, nothing)))) return known;
  const logged = await mirrorRun(db, server, id, null);
  await moveMark(db, server.url, 'run', id, logged);
  return logged;
}

/** An alias that another version has now is moved with that one, so that it never names none. */
async function setAliases(server: MlflowServer, own: OwnVersion, version: string): Promise<void> {
  const { registered_model: model } = await server.ask('GET', '/registered-models/get', { name: own.name }, modelSchema);
  const has = (alias: string) => model.aliases.some((one) => one.alias === alias && one.version === version);
  for (const alias of own.aliases) {
    if (!has(alias)) await server.ask('POST', '/registered-models/alias', { name: own.name, alias, version }, nothing);
  }
  for (const { alias, version: at } of model.aliases) {
    if (at !== version || own.aliases_of_model.includes(alias)) continue;
    await server.ask('DELETE', '/registered-models/alias', { name: own.name, alias }, nothing);
  }
}

/** @returns whether what was asked for is there */
async function isThere(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof ServerRefused && isMissing(error)) return false;
    throw error;
  }
}
