import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

export interface PanelQuery {
  readonly panel: string;
  readonly expr: string;
}

/** Each query of each panel of a dashboard. */
export const queriesOf = ({ panels }: Dashboard): PanelQuery[] =>
  (panels ?? []).flatMap((panel) =>
    'targets' in panel
      ? (panel.targets ?? []).map((target) => ({ panel: panel.title ?? '', expr: (target as { expr?: string }).expr ?? '' }))
      : [],
  );
