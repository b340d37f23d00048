import { runParamsOf } from '../../contracts/endpoints/runAddress.ts';
import type { Run } from '../../contracts/runs.ts';
import { t } from '../words/index.ts';
import { Ago, Card, Empty, Link, State, Took } from './basics.tsx';
import { Table } from './table.tsx';

export const isOpen = ({ state }: Pick<Run, 'state'>): boolean => state === 'queued' || state === 'running';

/** Where a run is looked at. */
export function runPath(runId: string): string {
  const { subject, run } = runParamsOf(runId);
  return `/pipelines/runs/${encodeURIComponent(subject)}/${encodeURIComponent(run)}`;
}

export const RunLink = ({ id }: { id: string }) => (
  <Link to={runPath(id)} class="mono cut">
    {id}
  </Link>
);

/** In place of a run that is none. */
export const NoRun = ({ all, back }: { all: string; back: string }) => (
  <Card>
    <Empty title={t('runs.missing')}>
      <Link to={all} class="button">
        {back}
      </Link>
    </Empty>
  </Card>
);

export const RunTable = ({ runs }: { runs: readonly Run[] }) => (
  <Table
    label={t('runs.title')}
    columns={[
      t('runs.run'),
      t('runs.state'),
      { title: t('runs.workflow'), class: 'wide' },
      t('runs.started'),
      { title: t('runs.took'), class: 'right' },
      { title: t('runs.by'), class: 'wide' },
    ]}
  >
    {runs.map((run) => (
      <tr key={run.run_id}>
        <td>
          <RunLink id={run.run_id} />
          {run.error && (
            <p class="row-note bad cut" title={run.error}>
              {run.error}
            </p>
          )}
        </td>
        <td>
          <State of={run.state} />
        </td>
        <td class="wide">{run.workflow}</td>
        <td class="nowrap">
          <Ago at={run.started_at ?? run.created_at} />
        </td>
        <td class="right nowrap">
          <Took from={run.started_at} until={run.ended_at} />
        </td>
        <td class="wide cut">{run.started_by}</td>
      </tr>
    ))}
  </Table>
);
