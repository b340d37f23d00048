import type { Client } from '@temporalio/client';
import type { Versions } from '../contracts/system.ts';
import { readDatabaseVersions } from '../platform/migrate.ts';
import type { Pool } from '../platform/postgres.ts';
import { readTemporalVersion } from '../platform/temporal/client.ts';
import type { ModelServer } from './modelServer.ts';
import type { Prometheus } from './prometheus.ts';

export type EngineVersions = Pick<Versions, 'engines' | 'schema_version'>;

interface Engines {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly modelServer: ModelServer;
  readonly prometheus: Prometheus;
}

/** What each engine says of itself; null of one that is away. Kafka tells no client its release. */
export const createEngineVersions =
  ({ pool, temporal, modelServer, prometheus }: Engines) =>
  async (): Promise<EngineVersions> => {
    const [postgres, ...others] = await Promise.all([
      readDatabaseVersions(pool).catch(() => undefined),
      told('temporal', readTemporalVersion(temporal)),
      told('serving', modelServer.release()),
      told('prometheus', prometheus.look()),
    ]);
    return {
      schema_version: postgres?.schema_version ?? null,
      engines: [{ name: 'postgres', version: postgres?.version ?? null }, ...others],
    };
  };

const told = (name: string, asked: Promise<string | undefined>) =>
  asked.then(
    (version) => ({ name, version: version || null }),
    () => ({ name, version: null }),
  );
