import { numberText } from '../client/index.ts';
import type { Comparison, Experiment, Lineage, RegistryChange } from '../contracts/registry.ts';
import { timeText, withZone } from './format.ts';
import { heads, paint, table, type Terminal } from './terminal.ts';

export function renderExperiments(terminal: Terminal, experiments: readonly Experiment[]): string {
  const rows = experiments.map(({ experiment_id, name, runs, created_at, description }) => [
    experiment_id,
    name,
    String(runs),
    timeText(terminal, created_at),
    description,
  ]);
  return withZone(terminal, table(terminal, heads('ID', 'EXPERIMENT', 'RUNS', 'MADE', 'ABOUT'), rows));
}

export function renderChanges(terminal: Terminal, changes: readonly RegistryChange[]): string {
  if (changes.length === 0) return 'No alias and no stage of it was ever changed.';
  const rows = changes.map(({ change, alias, version, from, to, by, reason, at }) => [
    timeText(terminal, at),
    change === 'alias' ? `alias ${alias}` : `stage of ${version}`,
    from ?? '-',
    to ?? '-',
    by,
    reason,
  ]);
  return withZone(terminal, table(terminal, heads('WHEN', 'WHAT', 'FROM', 'TO', 'BY', 'WHY'), rows));
}

const BAR = 30;

/** A row for each figure, with a bar as long as its share of the greatest of its metric. */
export function renderComparison(terminal: Terminal, { versions, metrics, same_data }: Comparison): string {
  if (metrics.length === 0) return 'None of these versions has a figure to compare by.';
  const rows = metrics.flatMap(({ metric, better, values, best }) => {
    const most = Math.max(...Object.values(values).map((value) => Math.abs(value ?? 0)));
    return versions.map((version, nth) => {
      const value = values[version] ?? null;
      const name = nth > 0 ? '' : better ? `${metric} (${better} is better)` : metric;
      const mark = version === best ? paint(terminal, 'green', 'best') : '';
      return [name, version, value === null ? 'not measured' : numberText(value), barOf(value, most), mark];
    });
  });
  const columns = [{ head: 'METRIC' }, { head: 'VERSION' }, { head: 'VALUE', align: 'right' }, { head: '' }, { head: '' }] as const;
  const note = same_data === false ? `\n${OTHER_DATA}` : '';
  return table(terminal, columns, rows) + note;
}
const OTHER_DATA = 'These versions were judged on different data: their snapshots differ, and so may their figures for that alone.';

const barOf = (value: number | null, most: number) =>
  value === null || most === 0 ? '' : '█'.repeat(Math.max(1, Math.round((BAR * Math.abs(value)) / most)));

/** From the data down to the routes, a step a line. */
export function renderLineage(terminal: Terminal, { data, run, version, parameters, champion, routes }: Lineage): string {
  const params = Object.entries(run?.params ?? {}).map(([key, value]) => `${key} ${value}`);
  const reigns = champion.map(
    ({ from, until, by, reason }) =>
      `${timeText(terminal, from)} to ${until ? timeText(terminal, until) : 'now'}, by ${by}${reason ? `: ${reason}` : ''}`,
  );
  const places = routes.map(
    ({ route, variant, preference, serves }) =>
      `${route}, variant ${variant}, asked as number ${preference}${serves ? '' : '; another version answers'}`,
  );
  const steps = [
    ['data', [data.sets.join(', ') || 'not known']],
    ['snapshot', [data.snapshot_id ?? 'not known']],
    ['run', run ? [`${run.name} in ${run.experiment}, ${run.status}, ${timeText(terminal, run.started_at)}`] : ['not known']],
    ['parameters', params.length > 0 ? params : ['not known']],
    ['code', [run?.code_version ?? 'not known']],
    [
      'version',
      [`${version.name} ${version.version}, ${parameters === null ? '' : `${parameters} numbers learnt, `}stage ${version.stage}`],
    ],
    ['champion', reigns.length > 0 ? reigns : ['never']],
    ['routes', places.length > 0 ? places : ['none']],
  ] as const;
  const lines = steps.map(([step, [first, ...more]]) => [`${step.padEnd(LABEL)}${first}`, ...more.map((line) => ' '.repeat(LABEL) + line)]);
  return withZone(terminal, lines.map((step) => step.join('\n')).join(`\n${' '.repeat(2)}↓\n`));
}
const LABEL = 12;
