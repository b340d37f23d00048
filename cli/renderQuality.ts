import type { QualityReport, QualitySummary } from '../contracts/quality.ts';
import { timeText, withZone } from './format.ts';
import { paint, table, type Terminal } from './terminal.ts';

export function renderQualityList(terminal: Terminal, reports: readonly QualitySummary[]): string {
  if (reports.length === 0) return 'No data was checked yet.';
  const columns = [
    { head: 'RUN' },
    { head: 'DATA' },
    { head: 'VERDICT' },
    { head: 'CHECKED' },
    { head: 'PUBLISHED' },
    { head: 'RATINGS', align: 'right' as const },
    { head: 'BROKEN RULES' },
  ];
  return withZone(
    terminal,
    table(
      terminal,
      columns,
      reports.map(({ run_id, dataset, passed, checked_at, published_at, row_counts, failed_rules }) => [
        run_id,
        dataset,
        verdictText(terminal, passed),
        timeText(terminal, checked_at),
        timeText(terminal, published_at),
        String(row_counts.ratings ?? ''),
        failed_rules.join(', '),
      ]),
    ),
  );
}

/** Each rule with what it found, and the rows that break one. */
export function renderQuality(terminal: Terminal, report: QualityReport): string {
  const { run_id, dataset, passed, checked_at, published_at, rules } = report;
  const published = published_at ? `, published ${timeText(terminal, published_at)}` : '';
  const head = `${run_id}  ${dataset}  ${verdictText(terminal, passed)}\nchecked ${timeText(terminal, checked_at)}${published}`;
  const columns = [{ head: 'RULE' }, { head: 'CHECK' }, { head: 'VERDICT' }, { head: 'FOUND' }];
  const rows = rules.map((rule) => [rule.rule, rule.check, verdictText(terminal, rule.passed), rule.detail]);
  const samples = rules.flatMap(({ rule, sample }) => sample.map(({ line, reason }) => `${rule} line ${line}: ${reason}`));
  return [withZone(terminal, head), table(terminal, columns, rows), ...(samples.length > 0 ? [samples.join('\n')] : [])].join('\n\n');
}

const verdictText = (terminal: Terminal, passed: boolean) => paint(terminal, passed ? 'green' : 'red', passed ? 'passed' : 'failed');
