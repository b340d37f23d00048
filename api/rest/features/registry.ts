import { z } from 'zod';
import {
  entitySchema,
  featurePlanSchema,
  featureReportSchema,
  featuresAppliedSchema,
  featureServiceSchema,
  featureViewSchema,
  registryVersionSchema,
  type DescribedDefinitions,
} from '../../../contracts/featureRegistry.ts';
import { conflict, missing } from '../../../contracts/failures.ts';
import { DEFINITIONS } from '../../../domain/features/definitions.ts';
import { applyDefinitions, listVersions, planDefinitions, readInForce } from '../../../domain/features/registry/apply.ts';
import { reportViews } from '../../../domain/features/featureReport.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';

const tag = 'features';
const params = z.object({ name: z.string().min(1).max(100) });
const applyBody = z.strictObject({
  confirm: z.boolean().default(false).describe('Apply also a plan that takes something away'),
});
/** The registry of features: what is defined, since when, and how good the values are. */
export const createFeatureRegistryEndpoints = ({ pool, reportPool }: { pool: Pool; reportPool: Pool }): Endpoint[] => {
  const inForce = async (): Promise<DescribedDefinitions> =>
    (await readInForce(pool))?.definitions ?? { entities: [], views: [], services: [] };
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/entities',
        tag,
        role: 'viewer',
        summary: 'What features are of',
        answer: z.object({ entities: z.array(entitySchema) }),
      },
      async () => ({ entities: (await inForce()).entities }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/views',
        tag,
        role: 'viewer',
        summary: 'Feature views',
        answer: z.object({ views: z.array(featureViewSchema) }),
      },
      async () => ({ views: (await inForce()).views }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/views/:name',
        tag,
        role: 'viewer',
        summary: 'A feature view with its features, rules and SQL',
        params,
        answer: featureViewSchema,
        problems: ['missing'],
      },
      async ({ params: { name } }) => named((await inForce()).views, 'feature view', name),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/services',
        tag,
        role: 'viewer',
        summary: 'The features that each model reads',
        answer: z.object({ services: z.array(featureServiceSchema) }),
      },
      async () => ({ services: (await inForce()).services }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/services/:name',
        tag,
        role: 'viewer',
        summary: 'A feature service',
        params,
        answer: featureServiceSchema,
        problems: ['missing'],
      },
      async ({ params: { name } }) => named((await inForce()).services, 'feature service', name),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/history',
        tag,
        role: 'viewer',
        summary: 'Every version of the definitions, newest first: what it changed, who applied it, when',
        answer: z.object({ versions: z.array(registryVersionSchema) }),
      },
      async () => ({ versions: await listVersions(pool) }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/report',
        tag,
        role: 'viewer',
        summary: 'Freshness, null rate and value range of every stored feature, and which rules are broken',
        answer: featureReportSchema,
      },
      async () => ({ views: await reportViews(reportPool, DEFINITIONS.views) }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/features/plan',
        tag,
        role: 'viewer',
        summary: 'What applying the definitions of this release would change',
        answer: featurePlanSchema,
      },
      () => planDefinitions(pool, DEFINITIONS),
    ),
    endpoint(
      {
        method: 'post',
        path: '/api/v1/features/apply',
        tag,
        role: 'operator',
        summary: 'Puts the definitions of this release in force',
        body: applyBody,
        answer: featuresAppliedSchema,
        problems: ['conflict'],
      },
      async ({ body, principal }) => {
        const outcome = await applyDefinitions(pool, DEFINITIONS, {
          by: principal.name,
          unless: (plan) => plan.takes_away && !body.confirm,
        });
        if (outcome.applied || outcome.plan.changes.length === 0) return outcome;
        throw conflict(
          'The plan takes something away, or changes what it means; look at GET /api/v1/features/plan and send "confirm": true',
        );
      },
    ),
  ];
};

function named<Thing extends { name: string }>(things: readonly Thing[], what: string, name: string): Thing {
  const found = things.find((thing) => thing.name === name);
  if (!found) throw missing(`There is no ${what} ${name}; there are ${things.map((thing) => thing.name).join(', ')}`);
  return found;
}
