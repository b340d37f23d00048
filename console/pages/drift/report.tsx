import type { ColumnResult } from '../../../contracts/drift.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { timeText } from '../../format.ts';
import { Card, Facts, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { language } from '../../settings.ts';
import { Consequence } from './consequence.tsx';
import { stateOf } from './driftState.ts';
import { t } from './words/index.ts';

/** One report: each column, what the model learnt beside what comes in. */
export function DriftReportPage({ id }: { id: string }) {
  const polled = usePoll((signal) => api.drift.get({ params: { report_id: id }, signal }), id, 0);
  return (
    <Page
      title={polled.data ? `${polled.data.model_name} ${polled.data.model_version}` : t('drift.report')}
      lead={
        <Link to="/drift" class="back">
          {t('drift.back')}
        </Link>
      }
    >
      <Show of={polled}>
        {(report) => (
          <>
            <Card>
              <p class="pad strong">{report.verdict.says}</p>
              <Facts
                of={[
                  [t('gate.verdict'), <State of={stateOf(report)} />],
                  [t('drift.window'), `${timeText(report.from, language.value)} – ${timeText(report.to, language.value)}`],
                  [t('data.events'), <Num of={report.events} />],
                  [t('drift.users'), <Num of={report.users} />],
                  [t('data.run'), <RunLink id={report.run_id} />],
                ]}
              />
              <footer class="card-foot">
                <Command of={['drift', 'show', report.report_id]} />
              </footer>
            </Card>
            <Consequence of={report} />
            {report.columns.map((column) => (
              <ColumnCard key={column.column} of={column} />
            ))}
          </>
        )}
      </Show>
    </Page>
  );
}

const CLASSES_SHOWN = 12;

const ColumnCard = ({ of: column }: { of: ColumnResult }) => (
  <Card title={column.column} aside={<State of={column.state} />}>
    {column.reason && <p class="muted pad">{column.reason}</p>}
    {column.value !== null && (
      <p class="pad">
        {column.effect} <strong>{<Num of={column.value} />}</strong> <span class="muted">{t('drift.threshold')}</span>{' '}
        <Num of={column.threshold} />
        {column.p_adjusted !== null && (
          <>
            {' '}
            <span class="muted">· p</span> <Num of={column.p_adjusted} />
          </>
        )}
      </p>
    )}
    {column.classes.length > 0 && (
      <Table label={column.column} class="distribution" columns={[t('drift.class'), t('drift.reference'), t('drift.live')]}>
        {column.classes.slice(0, CLASSES_SHOWN).map(({ label, reference, live }) => (
          <tr key={label}>
            <th scope="row" class="cut">
              {label}
            </th>
            <td>
              <Share of={reference} tone="reference" />
            </td>
            <td>
              <Share of={live} tone="live" />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

const Share = ({ of, tone }: { of: number; tone: string }) => (
  <span class="nowrap">
    <span class={`share ${tone}`}>
      <span style={{ width: `${Math.min(100, 100 * of)}%` }} />
    </span>{' '}
    <span class="number">{(100 * of).toFixed(1)} %</span>
  </span>
);
