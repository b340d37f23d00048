import type { Interval } from '../../../../contracts/gate.ts';
import { describeFewNegatives, describeTies } from '../../../../contracts/evaluation.ts';
import { PRIMARY_METRIC } from '../../../../contracts/models.ts';
import type { ModelRef } from '../../../../contracts/training.ts';
import type { EpochRecord } from '../../training/epochRecords.ts';
import { PAGE_STYLE, table } from './pageParts.ts';
import { curvePlot, dotPlot, escapeHtml } from './plots.ts';
import type { KeptReport } from '../evaluationReport.ts';

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
<title>${name}: evaluation</title><style>${PAGE_STYLE}</style></head>
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

const show = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
const showRange = (interval: Interval | undefined) => (interval ? `${show(interval.low)} – ${show(interval.high)}` : '');
