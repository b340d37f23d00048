import { z } from 'zod';
import {
  entitySchema,
  featureDistributionSchema,
  featurePlanSchema,
  featureReportSchema,
  featuresAppliedSchema,
  featureServiceSchema,
  featureViewSchema,
  registryVersionSchema,
} from '../featureRegistry.ts';
import {
  entityFeaturesSchema,
  featureBatchBodySchema,
  featureBatchSchema,
  featurePushBodySchema,
  featurePushedSchema,
  movieParamsSchema,
  userParamsSchema,
} from '../onlineFeatures.ts';
import { integerQueryOr } from '../integerQuery.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'features';
const path = '/api/v1/features';
const params = z.object({ name: z.string().min(1).max(100) });
const read = { method: 'get', tag, role: 'viewer' } as const;
const ofOne = { ...read, answer: entityFeaturesSchema, problems: ['missing'] } as const;

/** What is defined, since when, and how good the values are; the latest values of movies and users, and a way to write them. */
export const features = {
  entities: { ...read, path: `${path}/entities`, summary: 'What features are of', answer: z.object({ entities: z.array(entitySchema) }) },
  views: { ...read, path: `${path}/views`, summary: 'Feature views', answer: z.object({ views: z.array(featureViewSchema) }) },
  view: {
    ...read,
    path: `${path}/views/:name`,
    summary: 'A feature view with its features, rules and SQL',
    params,
    answer: featureViewSchema,
    problems: ['missing'],
  },
  distribution: {
    ...read,
    path: `${path}/views/:name/distribution`,
    summary: 'How the values of a view went over time, from a sample of its rows: a twelfth of the days by a twelfth, up to the newest',
    params,
    query: z.strictObject({ days: integerQueryOr(365, 1, 36_500) }),
    answer: featureDistributionSchema,
    problems: ['missing'],
  },
  services: {
    ...read,
    path: `${path}/services`,
    summary: 'The features that each model reads',
    answer: z.object({ services: z.array(featureServiceSchema) }),
  },
  service: {
    ...read,
    path: `${path}/services/:name`,
    summary: 'A feature service',
    params,
    answer: featureServiceSchema,
    problems: ['missing'],
  },
  history: {
    ...read,
    path: `${path}/history`,
    summary: 'Every version of the definitions, newest first: what it changed, who applied it, when',
    answer: z.object({ versions: z.array(registryVersionSchema) }),
  },
  report: {
    ...read,
    path: `${path}/report`,
    summary: 'Freshness, null rate and value range of every stored feature, and which rules are broken',
    answer: featureReportSchema,
  },
  plan: {
    ...read,
    path: `${path}/plan`,
    summary: 'What applying the definitions of this release would change',
    answer: featurePlanSchema,
  },
  apply: {
    method: 'post',
    path: `${path}/apply`,
    tag,
    role: 'operator',
    summary: 'Puts the definitions of this release in force',
    body: z.strictObject({ confirm: z.boolean().default(false).describe('Apply also a plan that takes something away') }),
    answer: featuresAppliedSchema,
    problems: ['conflict'],
  },
  movie: { ...ofOne, path: `${path}/movie/:id`, summary: 'All features of a movie', params: movieParamsSchema },
  user: { ...ofOne, path: `${path}/user/:id`, summary: 'All features of a user', params: userParamsSchema },
  batch: {
    method: 'post',
    path: `${path}/batch`,
    tag,
    role: 'viewer',
    summary: 'Some features of many movies or users',
    body: featureBatchBodySchema,
    answer: featureBatchSchema,
  },
  push: {
    method: 'post',
    path: `${path}/push`,
    tag,
    role: 'operator',
    isData: true,
    summary: 'Rows of a feature view, readable at once',
    body: featurePushBodySchema,
    answer: featurePushedSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
