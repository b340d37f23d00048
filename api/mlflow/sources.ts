import { findRootOfLoggedModel, findRootOfRun } from '../../domain/registry/artifactRoots.ts';
import { findAliasedEntry, findLatest, findModelEntry, findVersionEntry, type VersionEntry } from '../../domain/registry/entries.ts';
import type { Database } from '../../platform/postgres.ts';
import { doesNotExist, invalidParameter, type MlflowFault } from './faults.ts';
import { downloadUriOf } from './modelShapes.ts';
import { readStage } from './stages.ts';

/** What a client says that a version is made of. */
export interface AskedSource {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
}

/** What it is made of. */
export interface VersionSource {
  readonly source: string;
  readonly registryRunId: string | null;
  readonly modelId: string | null;
  /** Where its files are to be had, where `source` does not say that */
  readonly artifactUri: string | null;
}

/** Buckets, which the client reads with credentials of its own; nothing here ever does. */
const BUCKETS = ['s3', 'gs', 'wasbs', 'abfss'];

/**
 * Looks at where a version's files are said to lie: with the run or logged model that the request names, in another version, or in a bucket.
 * @throws MlflowFault for a path on a disk, a host, a way up, and what lies with another run or model than the request names
 */
export async function resolveSource(db: Database, asked: AskedSource): Promise<VersionSource> {
  const { scheme, host, path } = parseSource(asked.source);
  // The run and the logged model that the request names need not have made what lies in a bucket; that there is such a run is seen when it is kept.
  if (BUCKETS.includes(scheme))
    return { source: asked.source, registryRunId: asked.runId || null, modelId: asked.modelId || null, artifactUri: null };
  if (host) throw notTheirs(asked, scheme === 'models' ? 'model_id' : 'run_id');
  if (scheme === 'models') return resolveModel(db, asked, path);
  if (asked.modelId) {
    const root = scheme === 'mlflow-artifacts' ? await findRootOfLoggedModel(db, asked.modelId) : null;
    if (root === null || !isWithin(`${scheme}:${path}`, root.root)) throw notTheirs(asked, 'model_id');
    return { source: asked.source, modelId: asked.modelId, registryRunId: asked.runId || root.runId, artifactUri: null };
  }
  if (!asked.runId) throw notTheirs(asked, 'run_id');
  const root = await findRootOfRun(db, asked.runId);
  const isTheirs = root !== null && (scheme === 'runs' ? isWithin(path, `/${asked.runId}`) : isWithin(`${scheme}:${path}`, root));
  if (!isTheirs) throw notTheirs(asked, 'run_id');
  return { source: asked.source, registryRunId: asked.runId, modelId: null, artifactUri: null };
}

interface ParsedSource {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}

/** @throws MlflowFault for another scheme than those that files of a version may have, and for a path that leads elsewhere than it says */
function parseSource(source: string): ParsedSource {
  const [, scheme = '', authority = '', path = ''] = /^([a-z][a-z\d+.-]*):(?:\/\/([^/]*))?(.*)$/is.exec(source) ?? [];
  const known = scheme.toLowerCase();
  if (![...BUCKETS, 'runs', 'models', 'mlflow-artifacts'].includes(known)) throw noSuchPlace(source);
  if (leadsElsewhere(source, path)) throw noSuchPlace(source);
  return { scheme: known, host: authority, path };
}

/** A dot segment or a NUL by any spelling, and what servers read differently: `\`, `?`, `#`, `;`, a doubled slash. */
function leadsElsewhere(source: string, path: string): boolean {
  const plain = decodeWholly(source);
  if (plain === null || /[\0\\?#;]/.test(plain)) return true;
  const within = decodeWholly(path)!;
  return !within.startsWith('/') || /\/\/|\/\.{1,2}(?=\/|$)/.test(within);
}

/** Percent signs decoded until none is left; null where that never ends or is no UTF-8. */
function decodeWholly(text: string): string | null {
  let plain = text;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (!/%[\da-f]{2}/i.test(plain)) return plain;
    try {
      plain = decodeURIComponent(plain);
    } catch {
      return null;
    }
  }
  return null;
}
const MOST_ROUNDS = 8;

const isWithin = (path: string, root: string) => path === root || path.startsWith(`${root}/`);

const noSuchPlace = (source: string) =>
  invalidParameter(
    `Invalid model version source: '${source}'. It must be a runs:/, models:/ or mlflow-artifacts:/ URI or that of a bucket, an absolute path without relative path references.`,
  );

const notTheirs = ({ source }: AskedSource, parameter: 'run_id' | 'model_id'): MlflowFault =>
  invalidParameter(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that contains the source.`,
  );

/** `models:/<logged model>`, `models:/<name>/<version, stage or latest>` or `models:/<name>@<alias>`. */
async function resolveModel(db: Database, asked: AskedSource, path: string): Promise<VersionSource> {
  const [name = '', suffix, ...more] = path.slice(1).split('/');
  if (name.trim() === '' || suffix === '' || more.length > 0) throw notTheirs(asked, 'model_id');
  if (suffix === undefined && !name.includes('@')) return resolveLoggedModel(db, asked, name);
  const found = suffix === undefined ? await findByAlias(db, name) : await findBySuffix(db, name, suffix);
  if (!found) throw doesNotExist(`There is no model version at '${asked.source}'`);
  const { registry_run_id: runId, model_id: modelId } = found;
  const isOther = (given: string | undefined, known: string | null) => given !== undefined && given !== (known ?? '');
  if (isOther(asked.runId, runId) || isOther(asked.modelId, modelId)) throw notThatVersions(asked.source);
  return { source: `models:/${found.name}/${found.version}`, registryRunId: runId, modelId, artifactUri: downloadUriOf(found) };
}

async function resolveLoggedModel(db: Database, asked: AskedSource, id: string): Promise<VersionSource> {
  const root = id === asked.modelId ? await findRootOfLoggedModel(db, id) : null;
  if (!root) throw notTheirs(asked, 'model_id');
  return { source: asked.source, registryRunId: asked.runId || root.runId, modelId: id, artifactUri: root.root };
}

const notThatVersions = (source: string) =>
  invalidParameter(
    `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
  );

function findByAlias(db: Database, text: string): Promise<VersionEntry | null> {
  const at = text.lastIndexOf('@');
  return findAliasedEntry(db, text.slice(0, at), text.slice(at + 1));
}

async function findBySuffix(db: Database, name: string, suffix: string): Promise<VersionEntry | null> {
  if (/^\d{1,9}$/.test(suffix)) return findVersionEntry(db, name, suffix);
  if (suffix.toLowerCase() !== 'latest') return (await findLatest(db, name, [readStage(suffix)]))?.[0] ?? null;
  const versions = (await findModelEntry(db, name))?.latest_versions ?? [];
  return versions.toSorted((a, b) => Number(b.version) - Number(a.version))[0] ?? null;
}
