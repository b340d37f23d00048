import { z } from 'zod';
import { ServerRefused, type MlflowServer } from '../../platform/mlflowServer.ts';
import type { Database } from '../../platform/postgres.ts';
import { VERSIONS } from '../artifacts/versionFolders.ts';
import { mirrorAliases, removeAliases } from './aliases.ts';
import { copyFiles, type FileSource } from './files.ts';
import { versionId } from './kinds.ts';
import { mirroredAs, moveMark } from './marks.ts';
import { makeModel } from './models.ts';
import { mirrorRun } from './runs.ts';
import { RUN_TAG, SOURCE_TAG, tagOf, VERSION_TAG } from './tags.ts';
import { unless } from './unless.ts';
import { findVersion, oneVersionSchema, type VersionKey, type VersionThere } from './versionsThere.ts';

const nothing = z.unknown();

interface OwnVersion extends VersionKey {
  /** Its blob folder */
  readonly source: string;
  readonly description: string;
  readonly stage: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  readonly aliases_elsewhere: Readonly<Record<string, string | null>>;
  readonly aliases_ever: readonly string[];
}

export interface VersionMirror {
  readonly pool: Database;
  readonly server: MlflowServer;
  /** The address below which our versions are fetched */
  readonly sources: string;
  readonly files: FileSource;
}

/**
 * Registers a version as it is now, the first time with its files; a second time it changes nothing.
 * @param id as in `keyOf`
 * @returns its number there; null where it is not here
 */
export async function mirrorVersion(mirror: VersionMirror, id: string, known: string | null): Promise<string | null> {
  const { pool: db, server } = mirror;
  const own = await readVersion(db, server.url, keyOf(id));
  if (!own) return null;
  const there = (await findVersion(server, own, known)) ?? (await register(mirror, own));
  const about = { name: own.name, version: there.version };
  await server.ask('PATCH', '/model-versions/update', { ...about, description: own.description }, nothing);
  for (const [key, value] of Object.entries(own.tags))
    if (tagOf(there.tags, key) !== value) await server.ask('POST', '/model-versions/set-tag', { ...about, key, value }, nothing);
  if (there.current_stage !== own.stage) {
    const stage = { ...about, stage: own.stage, archive_existing_versions: false }; // what is archived here comes by itself; what is others' stays
    await server.ask('POST', '/model-versions/transition-stage', stage, nothing);
  }
  await mirrorAliases(server, own, there.version);
  return there.version;
}

/** Deletes a version there, if it is the one that we logged. */
export async function removeVersion(server: MlflowServer, id: string, known: string | null): Promise<void> {
  const there = await findVersion(server, keyOf(id), known);
  if (!there) return;
  const { name, version } = there;
  await removeAliases(server, name, version); // some servers delete no version that is named by one
  await unless('RESOURCE_DOES_NOT_EXIST', server.ask('DELETE', '/model-versions/delete', { name, version }, nothing));
}

/** @param id such as `ease/3@<run>` */
function keyOf(id: string): VersionKey {
  const at = id.lastIndexOf('/');
  const [version = '', run] = id.slice(at + 1).split('@');
  return { name: id.slice(0, at), version, run: run || null };
}

async function readVersion(db: Database, target: string, { name, version, run }: VersionKey): Promise<OwnVersion | null> {
  const { rows } = await db.query<OwnVersion>(
    `select v.name, v.version::text, v.source, v.description, v.stage, v.registry_run_id as run,
       (select coalesce(jsonb_object_agg(key, value), '{}') from model_version_tags t where t.name = v.name and t.version = v.version) as tags,
       array(select alias from model_aliases a where a.name = v.name and a.version = v.version order by alias) as aliases,
       (select coalesce(jsonb_object_agg(a.alias, d.mirrored_as), '{}') from model_aliases a join model_versions o using (name, version)
         left join registry_mirrored d on d.target = $4 and d.kind = 'version' and d.id = ${versionId('o')}
         where a.name = v.name and a.version <> v.version) as aliases_elsewhere,
       array(select distinct alias from registry_changes c where c.name = v.name and alias is not null) as aliases_ever
     from model_versions v where v.name = $1 and v.version = $2 and v.registry_run_id is not distinct from $3`,
    [name, version, run, target],
  );
  return rows[0] ?? null;
}

/** The tags come with the version in one request, so that one that was registered before a kill is found. */
async function register({ pool: db, server, sources, files }: VersionMirror, own: OwnVersion): Promise<VersionThere> {
  const { name, version, description, run } = own;
  await makeModel(server, name);
  const runId = run === null ? null : await findRun(db, server, run);
  const ours = `${sources}/${VERSIONS}/${encodeURIComponent(name)}/${version}`;
  const tags = [
    { key: VERSION_TAG, value: version },
    ...(run === null ? [] : [{ key: RUN_TAG, value: run }]),
    { key: SOURCE_TAG, value: ours },
  ];
  const source = (runId && (await copyFiles(server, files, own.source, runId))) ?? ours;
  return createVersion(server, { name, description, tags, ...(runId !== null && { run_id: runId }), source }, runId);
}

/**
 * Many servers let no version lie at an address with a host (of MLflow's own, those without MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES): there it is
 * its run's, and the tag alone says where it is fetched.
 */
async function createVersion(server: MlflowServer, create: Readonly<Record<string, unknown>>, runId: string | null): Promise<VersionThere> {
  const ask = (content: typeof create) => server.ask('POST', '/model-versions/create', content, oneVersionSchema);
  const made = await ask(create).catch((error: unknown) => {
    const isOfSource = error instanceof ServerRefused && error.code === 'INVALID_PARAMETER_VALUE' && /source/i.test(error.message);
    if (runId === null || !isOfSource) throw error;
    return ask({ ...create, source: `runs:/${runId}/model` });
  });
  return made.model_version;
}

/** The version's run there; logged again where somebody removed it. Null where it was never logged, as one that was deleted here. */
async function findRun(db: Database, server: MlflowServer, id: string): Promise<string | null> {
  const known = await mirroredAs(db, server.url, 'run', id);
  if (known === null) return null;
  if ((await unless('RESOURCE_DOES_NOT_EXIST', server.ask('GET', '/runs/get', { run_id: known }, nothing))) !== undefined) return known;
  const logged = await mirrorRun(db, server, id, null);
  if (logged !== null) await moveMark(db, server.url, 'run', id, logged);
  return logged;
}
