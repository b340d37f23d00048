import { abTests } from './abTests.ts';
import { alerts } from './alerts.ts';
import { audit } from './audit.ts';
import { backups } from './backups.ts';
import { callers } from './callers.ts';
import { canaries } from './canaries.ts';
import { changes } from './changes.ts';
import { dataSets } from './dataSets.ts';
import { deadLetters } from './deadLetters.ts';
import { drift } from './drift.ts';
import type { EndpointDescription } from './endpoint.ts';
import { erasures } from './erasures.ts';
import { events } from './events.ts';
import { experiments } from './experiments.ts';
import { features } from './features.ts';
import { keys } from './keys.ts';
import { models } from './models.ts';
import { monitoring } from './monitoring.ts';
import { movies } from './movies.ts';
import { outcomes } from './outcomes.ts';
import { quality } from './quality.ts';
import { recommendations } from './recommendations.ts';
import { registry } from './registry.ts';
import { retention } from './retention.ts';
import { routes } from './routes.ts';
import { runs } from './runs.ts';
import { scaling } from './scaling.ts';
import { schedules } from './schedules.ts';
import { session } from './session.ts';
import { servingRules } from './servingRules.ts';
import { system } from './system.ts';
import { titleMatches } from './titleMatches.ts';
import { topics } from './topics.ts';
import { users } from './users.ts';
import { webhooks } from './webhooks.ts';
import { workflows } from './workflows.ts';

/** Every endpoint of the REST API, subject by subject. */
export const ENDPOINTS = {
  callers,
  session,
  changes,
  recommendations,
  events,
  topics,
  deadLetters,
  workflows,
  runs,
  schedules,
  models,
  registry,
  experiments,
  routes,
  servingRules,
  abTests,
  outcomes,
  canaries,
  scaling,
  alerts,
  monitoring,
  drift,
  webhooks,
  movies,
  users,
  erasures,
  retention,
  quality,
  dataSets,
  titleMatches,
  features,
  keys,
  audit,
  backups,
  system,
} as const satisfies Record<string, Record<string, EndpointDescription>>;
