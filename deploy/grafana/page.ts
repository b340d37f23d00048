import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { sourceVariable, type Panel } from './panels.ts';

const TAG = 'movie-mlops';

export interface Page {
  /** Its address in Grafana is `/d/<uid>` */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** By their headings, from above */
  readonly rows: Readonly<Record<string, readonly Builder<Panel>[]>>;
}

/** A dashboard as Grafana reads it. All of them lead to each other. */
export function dashboardOf({ uid, title, description, rows }: Page): Dashboard {
  const others = new DashboardLinkBuilder('movie-mlops').type(DashboardLinkType.Dashboards).tags([TAG]).asDropdown(true).includeVars(true);
  const page = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .link(others.keepTime(true))
    .withVariable(sourceVariable());
  for (const [heading, panels] of Object.entries(rows)) {
    page.withRow(new RowBuilder(heading));
    for (const panel of panels) page.withPanel(panel);
  }
  return numbered(page.build());
}

/** Grafana tells panels of a page apart by a number. */
const numbered = (dashboard: Dashboard): Dashboard => ({
  ...dashboard,
  panels: (dashboard.panels ?? []).map((panel, nth) => ({ ...panel, id: nth + 1 })),
});
