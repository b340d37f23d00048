import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { business } from './business.ts';
import { events } from './events.ts';
import { features } from './features.ts';
import { models } from './models.ts';
import { overview } from './overview.ts';
import { dashboardOf } from './page.ts';
import { pipelines } from './pipelines.ts';

/** Every dashboard, the first one first. */
export const DASHBOARDS: readonly Dashboard[] = [overview, pipelines, models, features, events, business].map(dashboardOf);

/** The files of `dashboards/`, each named after its address in Grafana. */
export const dashboardFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`]));
