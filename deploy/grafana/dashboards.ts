import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { business } from './business.ts';
import { events } from './events.ts';
import { features } from './features.ts';
import { models } from './models.ts';
import { overview } from './overview.ts';
import { dashboardOf } from './page.ts';
import { pipelines } from './pipelines.ts';
import { provisioningFiles } from './provisioning.ts';

/** Every dashboard, the first one first. */
export const DASHBOARDS: readonly Dashboard[] = [overview, pipelines, models, features, events, business].map(dashboardOf);

const MADE = 'Made by `npm run dashboards` from the code beside it.';

/** The files of this folder for a Grafana of your own: the dashboards, each named after its address, and what makes it find them and Prometheus. */
export const grafanaFiles = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(DASHBOARDS.map((dashboard) => [`dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`])),
  ...Object.fromEntries(
    Object.entries(provisioningFiles([MADE], { prometheus: 'http://localhost:9090', dashboards: '/var/lib/grafana/dashboards' })).map(
      ([name, text]) => [`provisioning/${name}`, text],
    ),
  ),
});
