import type { ModelEntry, VersionEntry } from '../../domain/registry/entries.ts';

/** Where the proxy serves the files of a version that our own trainings registered. */
const placeOfOwn = ({ name, version }: VersionEntry) => `mlflow-artifacts:/versions/${encodeURIComponent(name)}/${version}`;

/** Where a version's files are to be had. */
export const downloadUriOf = (entry: VersionEntry): string =>
  entry.artifact_uri ?? (entry.source.startsWith('blob:') ? placeOfOwn(entry) : entry.source);

/** A version in MLflow's words; what it leaves out where there is nothing, we leave out. */
export const showVersion = (entry: VersionEntry): object => ({
  ...showListedVersion(entry),
  ...(entry.aliases.length > 0 && { aliases: entry.aliases }),
});

/** The same in a list, where MLflow names no aliases. */
export function showListedVersion(entry: VersionEntry): object {
  return {
    name: entry.name,
    version: entry.version,
    creation_timestamp: entry.created_ms,
    last_updated_timestamp: entry.updated_ms,
    current_stage: entry.stage,
    description: entry.description,
    source: entry.source,
    ...(entry.registry_run_id !== null && { run_id: entry.registry_run_id }),
    status: entry.status,
    ...showTags(entry.tags),
    run_link: entry.run_link,
  };
}

export function showModel(entry: ModelEntry): object {
  const aliases = Object.entries(entry.aliases).map(([alias, version]) => ({ alias, version }));
  return {
    name: entry.name,
    creation_timestamp: entry.created_ms,
    last_updated_timestamp: entry.updated_ms,
    ...(entry.description && { description: entry.description }),
    ...(entry.latest_versions.length > 0 && { latest_versions: entry.latest_versions.map(showListedVersion) }),
    ...showTags(entry.tags),
    ...(aliases.length > 0 && { aliases }),
  };
}

function showTags(tags: Readonly<Record<string, string>>): object {
  const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return list.length > 0 ? { tags: list } : {};
}
