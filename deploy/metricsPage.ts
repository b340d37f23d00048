import type { MetricDefinition, MetricDefinitions } from '../contracts/metrics/definition.ts';
import { METRICS } from '../contracts/metrics/index.ts';

const HEAD = `# Metrics

Made by \`npm run metrics-page\` from \`contracts/metrics/\`, where the metrics of each process stand in one file; \`npm test\` fails where the two differ.

Every process answers \`/metrics\` in the Prometheus text format, at the port that [architecture.md](architecture.md#processes) names. Each line has the label
\`process\`: api, serving, worker-control, worker-training or worker-ingest. A name means one thing wherever it stands, and every label has a bounded set of values.
Node's own figures are there too (\`process_*\`, \`nodejs_*\`). What is watched for is in [monitoring.md](monitoring.md).
`;

/** The text of `docs/metrics.md`: every metric with what it means and what its labels can be. */
export const metricsPage = (): string => [HEAD, ...Object.entries(METRICS).map(([where, groups]) => sectionOf(where, groups))].join('\n');

function sectionOf(where: string, groups: Readonly<Record<string, MetricDefinitions>>): string {
  const metrics = Object.values(groups).flatMap((group) => Object.entries(group));
  return [`## ${where}`, '', '| metric | kind | what | labels |', '|---|---|---|---|', ...metrics.map(rowOf), ''].join('\n');
}

function rowOf([name, { kind, help, labels = {} }]: [string, MetricDefinition]): string {
  const told = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`);
  return `| \`${name}\` | ${kind} | ${help} | ${told.join('; ')} |`;
}
