import pino from 'pino';
import { definitionsWith } from '../domain/features/definitions.ts';
import { applyAtStart } from '../domain/features/registry/apply.ts';
import { readConfig, type Config } from '../platform/config.ts';
import { MIGRATION_PHASES, runMigrations, runPhase } from '../platform/migrate.ts';
import { createPool, POOL_WAITS } from '../platform/postgres.ts';

/**
 * Brings the database to this release, before the processes of the release start: the schema, then the feature definitions. Two at once take turns. Says on
 * stdout what it did, in a line; ends with 1 where it cannot, with the reason on stderr. With `expand` or `contract` it does that part of an upgrade in which the
 * release before goes on (docs/upgrades.md).
 */
async function prepareDatabase(argument: string | undefined): Promise<string> {
  const { database, features: settings } = readConfig();
  const url = database.directUrl ?? database.url;
  const phase = MIGRATION_PHASES.find((name) => name === argument);
  if (phase === undefined && argument !== undefined) throw new Error(`${argument} is no phase: ${MIGRATION_PHASES.join(', ')}`);
  const applied = phase === undefined ? await runMigrations(url) : await runPhase(url, phase);
  const features = await applyDefinitions({ database, features: settings });
  const told = [
    applied.length > 0 && `applied ${applied.join(', ')}`,
    features.applied && `feature definitions ${features.version}`,
    !features.applied && features.plan.takes_away && 'feature definitions wait for `mlops features apply`',
  ];
  return told.filter((line) => typeof line === 'string').join('; ');
}

async function applyDefinitions({ database, features }: Pick<Config, 'database' | 'features'>) {
  const pool = createPool({ ...database, log: pino({ level: 'silent' }), waits: POOL_WAITS.step });
  try {
    return await applyAtStart(pool, definitionsWith(features));
  } finally {
    await pool.end();
  }
}

try {
  process.stdout.write(await prepareDatabase(process.argv[2]));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
