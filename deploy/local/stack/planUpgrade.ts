import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { z } from 'zod';
import { PROJECT_ROOT, readRelease, type Config } from '../../../platform/config.ts';
import { listMigrations, listMissing, listTouched, newestMigration, type Migration } from '../../../platform/migrate.ts';
import { oneLine } from '../../../platform/oneLine.ts';
import { createPool, POOL_WAITS } from '../../../platform/postgres.ts';
import { createTemporalClient } from '../../../platform/temporal/client.ts';
import type { ReplayedType } from '../../../platform/temporal/replayOpen.ts';
import { isExternal } from '../engines/engine.ts';
import { freeMb } from '../setup/freeMb.mjs';
import { StartError } from '../supervision/startError.ts';
import { findForeignPorts } from './ports.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { PROCESSES } from './processes.ts';
import { findSupervisor } from './stackLock.ts';
import { readState, type ServiceRow } from './stackState.ts';
import { UPGRADE_ORDER } from './upgradeOrder.ts';

/** One of our processes that runs, as it tells of itself. */
export interface PlannedProcess {
  readonly name: string;
  readonly pid: number | null;
  readonly state: ServiceRow['state'];
  /** null where it does not tell, as those of 0.3.0 */
  readonly release: string | null;
  readonly is_new: boolean;
}
export interface PlannedMigration {
  readonly number: number;
  readonly name: string;
}

/** What an upgrade to this release would do, and whether it is safe. */
export interface UpgradePlan {
  readonly from: string;
  readonly to: string;
  /** In the order in which they are replaced */
  readonly processes: readonly PlannedProcess[];
  /** Go on as they are */
  readonly engines: readonly string[];
  readonly schema: {
    readonly is: number;
    readonly becomes: number;
    readonly expand: readonly PlannedMigration[];
    readonly contract: readonly PlannedMigration[];
    /** Nobody reads or writes these while the schema is expanded */
    readonly locked: readonly { readonly name: string; readonly rows: number }[];
  };
  /** By release, how many runs of it were recorded for this code to replay in its tests */
  readonly recorded: Readonly<Record<string, number>>;
  /** null where Temporal was not asked */
  readonly workflows: readonly ReplayedType[] | null;
  /** null where the disk is not ours to look at */
  readonly disk: { readonly needed_mb: number; readonly free_mb: number } | null;
  readonly not_undone: readonly string[];
  /** It is safe where there are none */
  readonly problems: readonly string[];
}

/** Looks at what runs here, or at a release that is named, and changes nothing. @throws StartError for a release that nobody knows */
export async function planUpgrade(config: Config, from?: string): Promise<UpgradePlan> {
  return from === undefined ? planFromRunning(config) : planFromRelease(from);
}

async function planFromRunning(config: Config): Promise<UpgradePlan> {
  const to = await readRelease();
  const rows = findSupervisor(config.stateDir) ? (readState(config.stateDir)?.services ?? []) : [];
  if (rows.length === 0)
    throw new StartError(`No stack runs in ${config.stateDir}: \`npm start\` starts this release, and migrates what is there.`);
  const processes = await Promise.all(
    UPGRADE_ORDER.flatMap((name) => rows.find((row) => row.name === name && row.state !== 'stopped') ?? []).map((row) =>
      lookAt(config, row, to),
    ),
  );
  const engines = rows.filter(({ kind, state }) => kind === 'engine' && state !== 'stopped').map(({ name }) => name);
  const schema = await lookAtSchema(config);
  const workflows = await lookAtWorkflows(config).catch(
    (error: unknown) => `Temporal cannot be asked for its open runs: ${oneLine(error)}`,
  );
  const told = processes.find(({ is_new, release }) => !is_new && release !== null)?.release;
  const disk =
    'neededMb' in schema && !isExternal(config).postgres ? { needed_mb: schema.neededMb, free_mb: await freeMb(config.stateDir) } : null;
  const found = 'failure' in schema ? NOTHING_KNOWN : schema.found;
  return {
    ...{ from: told ?? releaseOfSchema(found.is), to, processes, engines, schema: found, recorded: countRecordings(), disk },
    workflows: typeof workflows === 'string' ? null : workflows,
    not_undone: notUndone(found),
    problems: [
      ...('failure' in schema ? [schema.failure] : problemsOfSchema(found)),
      ...(typeof workflows === 'string' ? [workflows] : workflows.flatMap(problemsOfWorkflow)),
      ...(await findForeignPorts(
        config,
        rows.flatMap(({ pid }) => pid ?? []),
      )),
      ...processes.filter(({ state }) => state !== 'running').map(({ name, state }) => `${name} is ${state}: mend it first`),
      ...(disk && disk.free_mb < disk.needed_mb
        ? [`${disk.needed_mb} MB are needed on the disk of ${config.stateDir}, and ${disk.free_mb} MB are free`]
        : []),
    ],
  };
}

const healthSchema = z.object({ release: z.string().optional() });

async function lookAt(config: Config, { name, pid, state }: ServiceRow, to: string): Promise<PlannedProcess> {
  const { port } = PROCESSES.find((definition) => definition.name === name)!;
  const release = await fetch(localUrl(config, port, '/health/ready'), { signal: AbortSignal.timeout(5_000) })
    .then(async (answer) => healthSchema.parse(await answer.json()).release ?? null)
    .catch(() => null);
  return { name, pid, state, release, is_new: release === to };
}

type FoundSchema = UpgradePlan['schema'];
const NOTHING_KNOWN: FoundSchema = { is: 0, becomes: 0, expand: [], contract: [], locked: [] };
const numbered = (migrations: readonly Migration[]): PlannedMigration[] => migrations.map(({ number, name }) => ({ number, name }));

/** Postgres' write-ahead log, and indexes that are made anew */
const MARGIN_MB = 200;

async function lookAtSchema({ database }: Config): Promise<{ found: FoundSchema; neededMb: number } | { failure: string }> {
  const pool = createPool({ ...database, log: pino({ level: 'silent' }), waits: POOL_WAITS.report });
  try {
    const [expand, contract] = [await listMissing(pool, 'expand'), await listMissing(pool, 'contract')];
    const locked = await listTouched(pool, expand);
    const { rows } = await pool.query<{ is: number; megabytes: number }>(
      `select (select max(version)::integer from schema_migrations) as is,
         (select coalesce(sum(pg_total_relation_size(oid)), 0) / 1048576 from pg_class
          where relnamespace = 'public'::regnamespace and relkind = 'r'
            and (relname = any ($1) or oid in (select inhrelid from pg_inherits where inhparent::regclass::text = any ($1))))::float8 as megabytes`,
      [locked.map(({ name }) => name)],
    );
    const { is, megabytes } = rows[0]!;
    const found = { is, becomes: await newestMigration(), expand: numbered(expand), contract: numbered(contract), locked };
    return { found, neededMb: MARGIN_MB + Math.ceil(megabytes) };
  } catch (error) {
    return { failure: `Postgres cannot be asked for its schema: ${oneLine(error)}` };
  } finally {
    await pool.end();
  }
}

const problemsOfSchema = ({ is, becomes }: FoundSchema): string[] =>
  is > becomes ? [`the database has the schema ${is}, and this release knows those up to ${becomes}: it is older than what runs`] : [];

async function lookAtWorkflows({ temporal }: Config): Promise<ReplayedType[]> {
  // The worker's engine is of no use to whoever else starts a stack, and takes a while to load.
  const { replayOpenRuns } = await import('../../../platform/temporal/replayOpen.ts');
  const client = createTemporalClient(temporal);
  try {
    return await replayOpenRuns(client, path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs'));
  } finally {
    await client.connection.close();
  }
}

const problemsOfWorkflow = ({ workflow, failed }: ReplayedType): string[] =>
  failed.map(({ workflow_id, reason }) => `the run ${workflow_id} of ${workflow} would stand still: ${reason}`);

const notUndone = ({ contract }: FoundSchema): string[] =>
  contract.length === 0
    ? []
    : [
        `after the last process is replaced, ${contract.map(({ number, name }) => `${number} ${name}`).join(', ')} take away what the release before needs: from then on the way back is a backup`,
      ];

/** The schema by release: data/migrations/releases.json. */
const readReleases = (): Record<string, number> =>
  z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'data', 'migrations', 'releases.json'), 'utf8')));

function releaseOfSchema(schema: number): string {
  const [release] =
    Object.entries(readReleases())
      .filter(([, number]) => number === schema)
      .at(-1) ?? [];
  return release ?? `a release with the schema ${schema}`;
}

function countRecordings(): Record<string, number> {
  const folder = path.join(PROJECT_ROOT, 'test', 'replay', 'histories');
  const releases = existsSync(folder) ? readdirSync(folder) : [];
  return Object.fromEntries(releases.map((release) => [release, readdirSync(path.join(folder, release)).length]));
}

/** By what stands in its folder, or by its name. */
async function planFromRelease(from: string): Promise<UpgradePlan> {
  const { release, is } = existsSync(path.join(from, 'package.json')) ? releaseIn(from) : { release: from, is: readReleases()[from] };
  if (is === undefined)
    throw new StartError(
      `There is no folder of a release ${from}, and no release of that name: there are ${Object.keys(readReleases()).join(', ')}.`,
    );
  const missing = (await listMigrations()).filter(({ phase, number }) => phase === 'contract' || number > is);
  const [expand, contract] = [
    numbered(missing.filter(({ phase }) => phase === 'expand')),
    numbered(missing.filter(({ phase }) => phase === 'contract')),
  ];
  const schema = { is, becomes: await newestMigration(), expand, contract, locked: [] };
  const to = await readRelease();
  return {
    ...{ from: release, to, processes: [], engines: [], schema, recorded: countRecordings(), workflows: null, disk: null },
    not_undone: notUndone(schema),
    problems: problemsOfSchema(schema),
  };
}

function releaseIn(folder: string): { release: string; is: number } {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')));
  const numbers = readdirSync(path.join(folder, 'data', 'migrations')).map((name) => Number.parseInt(name, 10));
  return { release: version, is: Math.max(...numbers.filter((number) => !Number.isNaN(number))) };
}
