import type { ColumnResult, DriftClass, DriftReport } from '../../contracts/drift.ts';
import { DRIFT_COLUMNS } from '../../contracts/drift.ts';
import { PAGE_STYLE, table } from '../recommender/evaluation/report/pageParts.ts';
import { dotPlot, escapeHtml } from '../recommender/evaluation/report/plots.ts';

/** Of a column with more, such as one of movies, those are drawn whose shares differ most. */
const MOST_CLASSES = 24;

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function renderDriftPage(report: Omit<DriftReport, 'alert'>): string {
  const { model_name: name, model_version: version, drifted, verdict } = report;
  const state = drifted ? '<span class="refused">drifted</span>' : '<span class="passed">no drift</span>';
  const judged = report.columns.filter(({ state: is }) => is !== 'not_judged');
  const sections = [
    `<h1>${name} ${escapeHtml(version)}: ${state}</h1><p>${escapeHtml(verdict.says)}.</p>${renderOrigin(report)}`,
    section('Columns', renderColumns(report.columns)),
    section('Not judged', renderNotJudged(report.columns)),
    section('Movies that newcomers push', renderPushes(report)),
    ...judged.map((column) => section(`${column.column}: ${DRIFT_COLUMNS[column.column].meaning}`, renderColumn(column))),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: drift</title><style>${PAGE_STYLE}</style></head>
<body>${sections.join('\n')}</body></html>
`;
}

const section = (title: string, content: string) => `<h2>${escapeHtml(title)}</h2>\n${content}`;
const quiet = (text: string) => `<p class="quiet">${escapeHtml(text)}</p>`;

const renderOrigin = ({ from, to, events, users, sampled_events, reference, settings, run_id }: Omit<DriftReport, 'alert'>) =>
  quiet(
    `window ${from.slice(0, 10)} to before ${to.slice(0, 10)}: ${events} choices of ${users} users${sampled_events === null ? '' : `, of which ${sampled_events} were compared`}`,
  ) +
  quiet(
    reference.reason ??
      `reference: ${reference.events} choices of ${reference.users} users, snapshot ${reference.snapshot_id?.slice(0, 12)}`,
  ) +
  quiet(`run ${run_id}; at most ${100 * settings.alpha} % of windows of stable data drift by chance, and it takes two to alarm`);

const renderColumns = (columns: readonly ColumnResult[]) =>
  table(
    ['column', 'state', 'most', 'difference', 'counts from', 'p', 'p of all', 'told from chance by'],
    columns
      .filter(({ state }) => state !== 'not_judged')
      .map(({ column, state, most, value, threshold, p, p_adjusted, test }) => [
        column,
        state === 'drifted' ? '<span class="refused">drifted</span>' : 'stable',
        escapeHtml(most ?? ''),
        ...[value, threshold].map((figure) => figure!.toFixed(3)),
        ...[p, p_adjusted].map((figure) => figure!.toPrecision(2)),
        escapeHtml(test ?? ''),
      ]),
  );

function renderNotJudged(columns: readonly ColumnResult[]): string {
  const rows = columns.filter(({ state }) => state === 'not_judged').map(({ column, reason }) => [column, escapeHtml(reason ?? '')]);
  return rows.length === 0 ? quiet('Everything was judged.') : table(['column', 'why'], rows);
}

function renderPushes({ pushes }: Pick<DriftReport, 'pushes'>): string {
  if (pushes.length === 0) return quiet('None.');
  const rows = pushes.map(({ title, movie_id, users, times, state, push_id }) => [
    escapeHtml(title ?? movie_id),
    `${users} new users who did next to nothing else, ${times.toFixed(0)} times what the others' taste would give`,
    state,
    push_id,
  ]);
  return table(['movie', 'suspicious', 'state', 'push'], rows) + quiet('What is held or rejected is not learnt from.');
}

function renderColumn({ classes, measures, effect, column }: ColumnResult): string {
  const key =
    '<p class="quiet"><span class="key key0">window</span><span class="key key1">reference, with what 95 of 100 of its windows have</span></p>';
  const shown = classes.length > MOST_CLASSES ? [...classes].sort((a, b) => off(b) - off(a)).slice(0, MOST_CLASSES) : classes;
  const rows = shown.map(({ label, live, reference, low, high }) => ({
    label: label.length > 30 ? `${label.slice(0, 29)}…` : label,
    marks: [
      { interval: { value: round(live), low: round(live), high: round(live) }, series: 0 },
      { interval: { value: round(reference), low: round(low ?? reference), high: round(high ?? reference) }, series: 1 },
    ],
  }));
  const figures = Object.entries(measures).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return key + dotPlot(column, rows) + quiet(`${effect}${figures.length > 0 ? `; ${figures.join(', ')}` : ''}`);
}

const off = ({ reference, live }: DriftClass) => Math.abs(reference - live);
const round = (share: number) => Number(share.toFixed(4));
