import { z } from 'zod';

/** What a definition of the feature store was, and what it is to be. */
const changeSchema = z.object({
  action: z.enum(['add', 'change', 'remove']),
  kind: z.enum(['entity', 'view', 'feature', 'service']),
  name: z.string().describe('`movie_features`, or `movie_features:rating` for a feature'),
  field: z.string().nullable().describe('What changes of it; null where all of it comes or goes'),
  from: z.unknown(),
  to: z.unknown(),
});
export type FeatureChange = z.infer<typeof changeSchema>;

export const featurePlanSchema = z.object({
  changes: z.array(changeSchema),
  takes_away: z.boolean().describe('Whether something goes, or comes to mean something else; start-up leaves such a plan to a person'),
  version: z.number().int().nullable().describe('The version it would change; null before the first'),
});
export type FeaturePlan = z.infer<typeof featurePlanSchema>;

export const featuresAppliedSchema = z.object({
  plan: featurePlanSchema,
  version: z.number().int().nullable().describe('In force now'),
  applied: z.boolean().describe('Whether there was something to apply'),
});

export const registryVersionSchema = z.object({
  version: z.number().int(),
  hash: z.string().describe('sha256 of the definitions'),
  changes: z.array(changeSchema),
  applied_by: z.string(),
  applied_at: z.iso.datetime(),
});
export type RegistryVersion = z.infer<typeof registryVersionSchema>;

const ruleSchema = z.object({
  severity: z.enum(['warn', 'refuse']),
  min: z.number().optional(),
  max: z.number().optional(),
  max_null_rate: z.number().optional(),
  one_of: z.array(z.string()).optional(),
});

const featureSchema = z.object({
  name: z.string(),
  type: z.string(),
  description: z.string(),
  provenance: z.enum(['movielens', 'platform', 'catalogue', 'tmdb']),
  rule: ruleSchema.nullable(),
});

export const entitySchema = z.object({ name: z.string(), join_key: z.string(), description: z.string() });

export const featureViewSchema = z.object({
  name: z.string(),
  kind: z.enum(['batch', 'stream', 'on_demand']),
  entity: z.string().nullable().describe('Null for an on-demand view, which has those of what it reads'),
  description: z.string(),
  owner: z.string(),
  tags: z.record(z.string(), z.string()),
  ttl_seconds: z.number().nullable(),
  offline_table: z.string().nullable(),
  source_sql: z.string().nullable(),
  fingerprint_sql: z.string().nullable(),
  reads: z.array(z.string()),
  features: z.array(featureSchema),
});
export type DescribedView = z.infer<typeof featureViewSchema>;

export const featureServiceSchema = z.object({
  name: z.string(),
  description: z.string(),
  owner: z.string(),
  features: z.array(z.string()),
});

/** Everything that is defined, as the registry keeps it. */
export const describedDefinitionsSchema = z.object({
  entities: z.array(entitySchema),
  views: z.array(featureViewSchema),
  services: z.array(featureServiceSchema),
});
export type DescribedDefinitions = z.infer<typeof describedDefinitionsSchema>;

const bound = z.union([z.number(), z.string()]).nullable();

const figure = z.number().nullable();

/** How the values of a view's features went over time, as a sample of its rows shows it. */
export const featureDistributionSchema = z.object({
  view: z.string(),
  sampled: z.number().describe('Share of the stored rows that was looked at, 0 to 1'),
  spans: z.array(
    z.object({
      from: z.iso.datetime(),
      until: z.iso.datetime(),
      rows: z.number().int().describe('Of the sample, by the time from which on their values hold'),
      features: z.array(
        z.object({
          feature: z.string(),
          null_rate: figure.describe('Null where there is no row'),
          low: figure.describe('One of ten values is lower; null of what is no number'),
          middle: figure.describe('As many are lower as higher'),
          high: figure.describe('One of ten is higher'),
          distinct: z.number().int().describe('Different values'),
        }),
      ),
    }),
  ),
});
export type FeatureDistribution = z.infer<typeof featureDistributionSchema>;

export const featureReportSchema = z.object({
  views: z.array(
    z.object({
      view: z.string(),
      rows: z.number().int(),
      computed_to: z.iso.datetime().nullable().describe('Null where it was never computed'),
      newest_event: z.iso.datetime().nullable(),
      newest_row: z.iso.datetime().nullable().describe('When the newest row was made'),
      features: z.array(
        z.object({
          feature: z.string(),
          null_rate: z.number().nullable().describe('Null where there is no row'),
          min: bound.describe('Of a list, over its items'),
          max: bound,
          broken: z.array(z.string()).describe('In words, what of its rule does not hold; empty where all is well'),
          severity: z.enum(['warn', 'refuse']).nullable(),
        }),
      ),
    }),
  ),
});
export type FeatureReport = z.infer<typeof featureReportSchema>;
export type ViewReport = FeatureReport['views'][number];
