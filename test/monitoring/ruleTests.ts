import { ALERTS, type AlertName } from '../../deploy/prometheus/alerts.ts';
import { annotationsOf } from '../../deploy/prometheus/rules.ts';
import type { Yaml } from '../../deploy/prometheus/yaml.ts';
import { CASES, type Case } from './cases.ts';

/** The cases as `promtool test rules` reads them. */
export const ruleTests = (rulesFile: string): Yaml => ({
  rule_files: [rulesFile],
  evaluation_interval: '1m',
  tests: (Object.keys(CASES) as AlertName[]).flatMap((name) => {
    const { firing, quiet } = CASES[name];
    return [testOf(name, firing, firing.labels), testOf(name, quiet)];
  }),
});

function testOf(name: AlertName, { series, at }: Case, labels?: Readonly<Record<string, string>>): Yaml {
  const { severity, summary } = ALERTS[name];
  const told = summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels?.[label] ?? '');
  const expected = { exp_labels: { ...labels, severity }, exp_annotations: annotationsOf(name, told) };
  return {
    name: `${name} ${labels ? 'comes' : 'does not come'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
    alert_rule_test: [{ eval_time: at, alertname: name, exp_alerts: labels ? [expected] : [] }],
  };
}
