import { createHash } from 'node:crypto';
import type { DescribedDefinitions, DescribedView } from '../../../contracts/featureRegistry.ts';
import type { FeatureDefinitions } from '../definitions.ts';
import type { Feature, FeatureView, OnDemandView } from '../views/view.ts';

/** The definitions as the registry keeps and shows them. */
export const describeDefinitions = ({ entities, views, onDemandViews, services }: FeatureDefinitions): DescribedDefinitions => ({
  entities: entities.map(({ name, joinKey, description }) => ({ name, join_key: joinKey, description })),
  views: [...views.map(describeView), ...onDemandViews.map(describeOnDemand)],
  services: services.map(({ name, description, owner, features }) => ({ name, description, owner, features: [...features] })),
});

/** sha256 over the description; equal definitions have equal hashes. */
export const hashDefinitions = (described: DescribedDefinitions): string =>
  createHash('sha256').update(JSON.stringify(described)).digest('hex');

const describeView = (view: FeatureView): DescribedView => ({
  name: view.name,
  kind: view.kind,
  entity: view.entity.name,
  description: view.description,
  owner: view.owner,
  tags: { ...view.tags },
  ttl_seconds: view.ttlSeconds,
  offline_table: view.offlineTable,
  source_sql: view.sourceSql,
  fingerprint_sql: view.fingerprintSql,
  reads: [],
  features: view.features.map(describeFeature),
});

const describeOnDemand = (view: OnDemandView): DescribedView => ({
  name: view.name,
  kind: 'on_demand',
  entity: null,
  description: view.description,
  owner: view.owner,
  tags: { ...view.tags },
  ttl_seconds: null,
  offline_table: null,
  source_sql: null,
  fingerprint_sql: null,
  reads: [...view.reads],
  features: view.features.map(describeFeature),
});

const describeFeature = ({ name, type, description, provenance, rule }: Feature): DescribedView['features'][number] => ({
  name,
  type,
  description,
  provenance,
  rule: rule
    ? {
        severity: rule.severity ?? 'warn',
        ...(rule.min !== undefined && { min: rule.min }),
        ...(rule.max !== undefined && { max: rule.max }),
        ...(rule.maxNullRate !== undefined && { max_null_rate: rule.maxNullRate }),
        ...(rule.oneOf && { one_of: [...rule.oneOf] }),
      }
    : null,
});
