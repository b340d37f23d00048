import type { Interval } from '../../../../contracts/gate.ts';
import { describeFewNegatives, describeTies } from '../../../../contracts/evaluation.ts';
import { PRIMARY_METRIC } from '../../../../contracts/models.ts';
import type { ModelRef } from '../../../../contracts/training.ts';
import type { EpochRecord } from '../../training/epochRecords.ts';
import { curvePlot, dotPlot, escapeHtml } from './plots.ts';
import type { KeptReport } from '../evaluationReport.ts';

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem } p { margin: .3rem 0 }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #dde3e9; vertical-align: top }
  td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } .quiet { color: #5c6b7a; font-size: .9em; overflow-wrap: anywhere }
  .passed { color: #17693b } .refused { color: #a4262c } .key { margin-right: 1.2rem } .key::before { content: "● " }
  .key0::before { color: #1f5fa8 } .key1::before { color: #b3661b }
  svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: #3b4855 } .label { text-anchor: end } .tick { text-anchor: middle }
  .grid { stroke: #e6ebf0 } .reference { stroke: #5c6b7a; stroke-dasharray: 4 3 } line.series0, .curve { stroke: #1f5fa8; stroke-width: 2; fill: none }
  line.series1 { stroke: #b3661b; stroke-width: 2 } circle.series0 { fill: #1f5fa8 } circle.series1 { fill: #b3661b }`;

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function renderReportPage(
  report: KeptReport,
  model: Pick<ModelRef, 'digest' | 'train_ms' | 'bytes' | 'parameters' | 'backend'> & {
    /** What else is to stand at its head, a line each */
    readonly about: readonly string[];
  },
  epochs: readonly EpochRecord[],
): string {
  const { name, verdict } = report;
  const state = verdict.passed ? '<span class="passed">passes the gate</span>' : '<span class="refused">does not pass the gate</span>';
  const sections = [
    `<h1>${name}: ${state}</h1>${renderOrigin(report, model)}`,
    section('The gate', renderVerdict(report)),
    section('Metrics', renderMetrics(report)),
    section('Champion against challenger', renderChampion(report)),
    ...slicePlots(report),
    section('Learning curve', renderCurves(epochs)),
    section('How it was measured', renderProtocols(report)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: evaluation</title><style>${STYLE}</style></head>
<body>${sections.join('\n')}</body></html>
`;
}

const section = (title: string, content: string) => `<h2>${title}</h2>\n${content}`;
const quiet = (text: string) => `<p class="quiet">${escapeHtml(text)}</p>`;

const renderOrigin = (
  { snapshot_id, split, seed, cut, counts, negatives, tied_share, latency_ms }: KeptReport,
  { digest, train_ms, bytes, parameters, backend, about }: Parameters<typeof renderReportPage>[1],
) =>
  quiet(
    `model ${digest.slice(0, 12)}, ${parameters === undefined ? '' : `${parameters.toLocaleString('en')} parameters, `}${(bytes / 1e6).toFixed(1)} MB, ` +
      `trained in ${(train_ms / 1000).toFixed(1)} s on ${backend}; snapshot ${snapshot_id.slice(0, 12)}`,
  ) +
  about.map(quiet).join('') +
  quiet(
    `split ${split}${cut ? `, cut at ${cut}` : ''}, seed ${seed}; ${counts.ranked_users} users ranked, ${counts.rated_pairs} ratings held out; ` +
      `every movie ranked for one user in ${latency_ms.median} ms (median), ${latency_ms.p95} ms (95 %)`,
  ) +
  [negatives && describeFewNegatives(negatives), tied_share === null ? null : describeTies(tied_share)]
    .map((note) => (note === null ? '' : quiet(note)))
    .join('');

const renderVerdict = ({ verdict }: KeptReport) =>
  table(
    ['', 'rule', 'by which numbers'],
    verdict.rules.map(({ rule, passed, detail }) => [
      passed ? '<span class="passed">✓</span>' : '<span class="refused">✗</span>',
      rule,
      escapeHtml(detail),
    ]),
  );

function renderMetrics({ metrics, baseline, intervals }: KeptReport): string {
  const rows = Object.entries(metrics).map(([name, value]) => [name, show(value), showRange(intervals.of[name]), show(baseline[name])]);
  return table(['metric', 'figure', `${100 * intervals.confidence} % interval`, 'popularity'], rows, 1);
}

function renderChampion({ champion, name: of, intervals }: KeptReport): string {
  if (!champion) return quiet('There was no champion.');
  const { version, note, value, gain, slices } = champion;
  const said = quiet(`Version ${version}; ${note}.`);
  if (!gain || value === null) return said;
  const { name, better } = PRIMARY_METRIC[of];
  const rows = [{ slice: 'all', gain }, ...slices].map((compared) => ({
    label: compared.slice,
    marks: [{ interval: compared.gain, series: 0 }],
  }));
  const what = `Gain in ${name} over the champion's ${show(value)} (${better} is better; right of the line the challenger is better), ${100 * intervals.confidence} % intervals, paired by user.`;
  return said + quiet(what) + dotPlot('gain over the champion', rows, 0);
}

function slicePlots({ slices }: KeptReport): string[] {
  const metrics = [...new Set(slices.map(({ metric }) => metric))];
  return metrics.map((metric) => {
    const rows = slices
      .filter((slice) => slice.metric === metric)
      .map(({ slice, users, figure, baseline }) => ({
        label: `${slice} (${users})`,
        marks: [
          { interval: figure, series: 0 },
          { interval: baseline, series: 1 },
        ],
      }));
    const key = '<p class="quiet"><span class="key key0">this model</span><span class="key key1">popularity</span>users in brackets</p>';
    return section(`${metric} by slice`, key + dotPlot(`${metric} by slice`, rows));
  });
}

function renderCurves(epochs: readonly EpochRecord[]): string {
  const plot = (title: string, valueOf: (epoch: EpochRecord) => number | null | undefined) => {
    const points = epochs.flatMap((epoch) => (typeof valueOf(epoch) === 'number' ? [{ x: epoch.epoch, y: valueOf(epoch)! }] : []));
    return points.length === 0 ? [] : [curvePlot(`${title} by epoch`, points, `epoch (${title})`)];
  };
  const plots = [
    ...plot('mean training loss', ({ loss }) => loss),
    ...plot('ndcg_at_10 on validation', ({ validation_ndcg_at_10: figure }) => figure),
    ...plot('rmse on validation', ({ validation_rmse: figure }) => figure),
  ];
  return plots.join('') || quiet('This kind does not learn in epochs.');
}

const renderProtocols = ({ protocols, reproduce, metrics }: KeptReport) =>
  Object.entries(protocols)
    .filter(([, protocol]) => protocol.metrics.some((name) => name in metrics))
    .map(
      ([name, { description, leak_checks }]) =>
        `<p><b>${name}</b>: ${escapeHtml(description)}.</p><p class="quiet">Checked before any model was asked: ${escapeHtml(leak_checks.join('; '))}.</p>`,
    )
    .join('') + quiet(`${reproduce.how} Questions: ${reproduce.questions_digest}.`);

const table = (head: readonly string[], rows: readonly (readonly string[])[], figuresFrom = Infinity) => {
  const cell = (tag: 'th' | 'td') => (text: string, at: number) => `<${tag}${at >= figuresFrom ? ' class="figure"' : ''}>${text}</${tag}>`;
  const row = (cells: readonly string[], tag: 'th' | 'td') => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
};

const show = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
const showRange = (interval: Interval | undefined) => (interval ? `${show(interval.low)} – ${show(interval.high)}` : '');
