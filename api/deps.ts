import type { Registry } from 'prom-client';
import type { MonitoringSettings } from '../contracts/settings/monitoring.ts';
import type { QualityBounds } from '../contracts/settings/quality.ts';
import type { PlatformState, Setting } from '../contracts/system.ts';
import type { WebhookSettings } from '../contracts/webhooks.ts';
import type { SessionBook } from '../domain/access/sessionBook.ts';
import type { ChangeBook } from '../domain/changes/changeBook.ts';
import type { FeatureDefinitions } from '../domain/features/definitions.ts';
import type { OnlineStore } from '../domain/features/online/store.ts';
import type { ConsolePlace } from './console/sendBrowsers.ts';
import type { TmdbImages } from '../domain/tmdb/images.ts';
import type { KeptDays } from '../domain/retention/kept.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Health } from '../platform/health.ts';
import type { Door } from '../platform/http/access.ts';
import type { Auditor } from '../platform/http/auditRequests.ts';
import type { Kafka } from '../platform/kafka/kafka.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import type { TemporalRuns } from '../platform/temporal/runs.ts';
import type { TemporalSchedules } from '../platform/temporal/schedules.ts';
import type { EngineVersions } from './engineVersions.ts';
import type { ModelServer } from './modelServer.ts';
import type { Prometheus } from './prometheus.ts';

/** What every surface stands on. */
export interface ApiDeps extends Door {
  readonly sessions: SessionBook;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly showsMetrics?: boolean;
  /** Writes down what may change something */
  readonly auditor: Auditor;
  readonly health: Health;
  readonly pool: Pool;
  /** For what reads whole tables */
  readonly reportPool: Pool;
  readonly blobs: BlobStore;
  readonly runs: TemporalRuns;
  readonly schedules: TemporalSchedules;
  readonly modelServer: ModelServer;
  readonly prometheus: Prometheus;
  readonly kafka: Kafka;
  /** Undefined where TMDB is not asked */
  readonly tmdbImages: TmdbImages | undefined;
  readonly onlineStore: OnlineStore;
  readonly definitions: FeatureDefinitions;
  readonly version: string;
  /** Of the environment that this process was started with */
  readonly settings: readonly Setting[];
  readonly readEngines: () => Promise<EngineVersions>;
  readonly readState: () => Promise<PlatformState>;
  /** Where backups lie, in no more words than anyone may read */
  readonly changes: ChangeBook;
  readonly backupPlace: { readonly is_set_up: boolean; readonly is_encrypted: boolean };
  readonly consolePlace: ConsolePlace;
  /** Temporal's Web UI as browsers reach it; undefined where there is none */
  readonly temporalUi: { readonly url: string; readonly namespace: string } | undefined;
  readonly webhooks: WebhookSettings;
  /** Whether a caller may empty the registry */
  readonly allowRegistryReset: boolean;
  /** What imports are held to */
  readonly quality: QualityBounds;
  /** How long answers of the model server are kept */
  readonly servedKeptDays: number;
  /** What an alert may start, by its name */
  readonly alertWorkflows: MonitoringSettings['alertWorkflows'];
  readonly keptDays: KeptDays;
  /** Of a service that is calm */
  readonly minReplicas: number;
  /** What ids of erased users are hashed with; undefined: the database's own key */
  readonly erasureKey: string | undefined;
  /** The MLflow server that the registry is also logged to, without credentials */
  readonly mirrorUrl: string | undefined;
}
