import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { orNone, p95, rate } from './promql.ts';

/** Whether features are fresh, whole and quick to be had. */
export const features: Page = {
  uid: 'mlops-features',
  title: 'Features',
  description: 'Reading features online, how old views are, what their values are like.',
  rows: {
    'Read online': [
      graph('Time to read them, 95 of 100', [[p95('feature_serving_duration_seconds', 'surface'), '{{surface}}']], { unit: 's' }),
      graph('Requests', [[rate('feature_serving_duration_seconds_count', 'surface'), '{{surface}}']], { unit: 'reqps' }),
      graph('Values', [[rate('feature_served_values_total', 'status'), '{{status}}']], { unit: 'ops' }),
    ],
    Views: [
      stat('Rules that are broken', [orNone('sum(feature_rules_broken)'), ''], { yellow: 1 }),
      graph('Age', [['feature_view_age_seconds', '{{view}}']], { unit: 's', width: 10 }),
      graph('Rows', [['feature_view_rows', '{{view}}']], { width: 10 }),
    ],
    Values: [
      graph('Share of nulls, the ten largest', [['topk(10, feature_null_rate)', '{{view}}:{{feature}}']], { unit: 'percentunit' }),
      graph('Least', [['feature_min', '{{view}}:{{feature}}']]),
      graph('Greatest', [['feature_max', '{{view}}:{{feature}}']]),
    ],
  },
};
