import type { DescribedView, FeatureDistribution, FeaturePlan, FeatureReport, RegistryVersion } from '../contracts/featureRegistry.ts';
import { numberText } from '../client/index.ts';
import { timeText, withZone } from './format.ts';
import { heads, paint, table, type Terminal } from './terminal.ts';

export const renderViews = (terminal: Terminal, views: readonly DescribedView[]): string =>
  table(
    terminal,
    heads('VIEW', 'KIND', 'ENTITY', 'FEATURES', 'TTL', 'OWNER'),
    views.map(({ name, kind, entity, features, ttl_seconds, owner }) => [
      name,
      kind,
      entity ?? '',
      String(features.length),
      ttl_seconds === null ? '' : `${ttl_seconds / 86_400} d`,
      owner,
    ]),
  );

export const renderServices = (terminal: Terminal, services: readonly { name: string; features: readonly string[] }[]): string =>
  table(
    terminal,
    heads('SERVICE', 'FEATURES'),
    services.map(({ name, features }) => [name, features.join(', ')]),
  );

export function renderView(terminal: Terminal, view: DescribedView): string {
  const { name, kind, entity, description, owner, ttl_seconds, offline_table, reads, source_sql } = view;
  const facts = {
    kind,
    entity,
    owner,
    ttl: ttl_seconds === null ? null : `${ttl_seconds} s`,
    offline: offline_table,
    reads: reads.join(', ') || null,
  };
  const lines = Object.entries(facts).flatMap(([fact, value]) => (value === null ? [] : [`${fact.padEnd(8)}${value}`]));
  const features = table(
    terminal,
    heads('FEATURE', 'TYPE', 'FROM', 'RULE', 'DESCRIPTION'),
    view.features.map((feature) => [feature.name, feature.type, feature.provenance, ruleText(feature.rule), feature.description]),
  );
  return [`${name}: ${description}`, lines.join('\n'), features, ...(source_sql === null ? [] : [source_sql.trim()])].join('\n\n');
}

const ruleText = (rule: DescribedView['features'][number]['rule']): string => {
  if (!rule) return '';
  const { severity, min, max, max_null_rate, one_of } = rule;
  const parts = [
    min !== undefined && `≥ ${min}`,
    max !== undefined && `≤ ${max}`,
    max_null_rate !== undefined && `nulls ≤ ${max_null_rate}`,
    one_of && `one of ${one_of.length}`,
  ];
  return `${parts.filter(Boolean).join(', ')} (${severity})`;
};

const SIGNS = {
  add: { sign: '+', colour: 'green' },
  change: { sign: '~', colour: 'yellow' },
  remove: { sign: '-', colour: 'red' },
} as const;

export function renderPlan(terminal: Terminal, { changes, takes_away }: FeaturePlan): string {
  if (changes.length === 0) return 'Nothing changes.';
  const lines = changes.map(({ action, kind, name, field, from, to }) => {
    const { sign, colour } = SIGNS[action];
    const change = field === null ? '' : `  ${field}: ${valueText(from)} → ${valueText(to)}`;
    return paint(terminal, colour, `${sign} ${kind} ${name}${change}`);
  });
  return [
    ...lines,
    ...(takes_away ? ['This takes something away, or changes what it means; `features apply --yes` applies it.'] : []),
  ].join('\n');
}

const MAX_VALUE = 60;
function valueText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`;
}

export const renderHistory = (terminal: Terminal, versions: readonly RegistryVersion[]): string =>
  withZone(
    terminal,
    table(
      terminal,
      heads('VERSION', 'APPLIED', 'BY', 'CHANGES', 'HASH'),
      versions.map(({ version, applied_at, applied_by, changes, hash }) => [
        String(version),
        timeText(terminal, applied_at),
        applied_by,
        String(changes.length),
        hash.slice(0, 12),
      ]),
    ),
  );

export function renderReport(terminal: Terminal, { views }: FeatureReport): string {
  const rows = views.flatMap(({ view, features }) =>
    features.map(({ feature, null_rate, min, max, broken, severity }) => [
      `${view}:${feature}`,
      null_rate === null ? '' : numberText(null_rate),
      boundText(min),
      boundText(max),
      broken.length === 0 ? paint(terminal, 'green', 'good') : paint(terminal, 'red', `${broken.join('; ')} (${severity ?? ''})`),
    ]),
  );
  const fresh = views.map(
    ({ view, rows: count, computed_to }) =>
      `${view}: ${count} rows, ${computed_to === null ? 'never computed' : `computed to ${timeText(terminal, computed_to)}`}`,
  );
  return [withZone(terminal, fresh.join('\n')), table(terminal, heads('FEATURE', 'NULLS', 'MIN', 'MAX', 'RULE'), rows)].join('\n\n');
}

export function renderDistribution(terminal: Terminal, { spans, sampled }: FeatureDistribution): string {
  if (spans.length === 0) return 'No value is stored yet.';
  const said = (value: number | null) => (value === null ? '' : numberText(value));
  const rows = spans.flatMap(({ until, rows: count, features }) =>
    features.map(({ feature, null_rate, low, middle, high, distinct }) => [
      timeText(terminal, until),
      feature,
      ...[count, null_rate, low, middle, high, distinct].map(said),
    ]),
  );
  const text = table(terminal, heads('UP TO', 'FEATURE', 'ROWS', 'NULLS', '10 OF 100', 'MIDDLE', '90 OF 100', 'DIFFERENT'), rows);
  return withZone(terminal, sampled < 1 ? `${text}\nfrom a sample of ${numberText(100 * sampled)} % of the rows` : text);
}

const boundText = (value: number | string | null) => (typeof value === 'number' ? numberText(value) : (value ?? '').slice(0, 19));

export interface OnlineValues {
  readonly features: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, string>>;
}

export const renderValues = (terminal: Terminal, { features, statuses }: OnlineValues): string =>
  table(
    terminal,
    heads('FEATURE', 'STATUS', 'VALUE'),
    Object.entries(features).map(([name, value]) => [name, statuses[name] ?? '', value === null ? '' : JSON.stringify(value)]),
  );
