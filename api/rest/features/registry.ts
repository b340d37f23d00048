import { features } from '../../../contracts/endpoints/features.ts';
import type { DescribedDefinitions } from '../../../contracts/featureRegistry.ts';
import { conflict, missing } from '../../../contracts/failures.ts';
import type { FeatureDefinitions } from '../../../domain/features/definitions.ts';
import { applyDefinitions, listRegistryVersions, planDefinitions, readInForce } from '../../../domain/features/registry/apply.ts';
import { readDistribution } from '../../../domain/features/featureDistribution.ts';
import { reportViews } from '../../../domain/features/featureReport.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';

interface RegistryDeps {
  readonly pool: Pool;
  readonly reportPool: Pool;
  readonly definitions: FeatureDefinitions;
}

export const createFeatureRegistryEndpoints = ({ pool, reportPool, definitions }: RegistryDeps): Endpoint[] => {
  const inForce = async (): Promise<DescribedDefinitions> =>
    (await readInForce(pool))?.definitions ?? { entities: [], views: [], services: [] };
  return [
    endpoint(features.entities, async () => ({ entities: (await inForce()).entities })),
    endpoint(features.views, async () => ({ views: (await inForce()).views })),
    endpoint(features.view, async ({ params: { name } }) => named((await inForce()).views, 'feature view', name)),
    endpoint(features.distribution, ({ params: { name }, query: { days } }) =>
      readDistribution(reportPool, named(definitions.views, 'stored feature view', name), days),
    ),
    endpoint(features.services, async () => ({ services: (await inForce()).services })),
    endpoint(features.service, async ({ params: { name } }) => named((await inForce()).services, 'feature service', name)),
    endpoint(features.history, async () => ({ versions: await listRegistryVersions(pool) })),
    endpoint(features.report, async () => ({ views: await reportViews(reportPool, definitions.views) })),
    endpoint(features.plan, () => planDefinitions(pool, definitions)),
    endpoint(features.apply, async ({ body, principal }) => {
      const outcome = await applyDefinitions(pool, definitions, {
        by: principal.name,
        unless: (plan) => plan.takes_away && !body.confirm,
      });
      if (outcome.applied || outcome.plan.changes.length === 0) return outcome;
      throw conflict(`The plan takes something away, or changes what it means; look at GET ${features.plan.path} and send "confirm": true`);
    }),
  ];
};

function named<Thing extends { name: string }>(things: readonly Thing[], what: string, name: string): Thing {
  const found = things.find((thing) => thing.name === name);
  if (!found) throw missing(`There is no ${what} ${name}; there are ${things.map((thing) => thing.name).join(', ')}`);
  return found;
}
