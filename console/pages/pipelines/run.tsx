import { useState } from 'preact/hooks';
import { runIdOf, runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import type { RunDetail } from '../../../contracts/runs.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { isMissing } from '../../api/failures.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ask } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Facts, Json, Link, Page, State, Took } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Graph } from './graph.tsx';
import { Show } from '../../parts/polled.tsx';
import { isOpen, NoRun } from '../../parts/runs.tsx';
import { StepDetail } from './stepDetail.tsx';
import { Timeline } from './timeline.tsx';
import { query, setQuery } from '../../router.ts';
import { rowsOf } from './runShape.ts';
import { t } from './words/index.ts';

const OPEN_EVERY_MS = 1_500;
/** It may be retried by somebody else. */
const ENDED_EVERY_MS = 10_000;

/** One run: what it does, did, and came to. */
export function RunPage({ subject, run }: { subject: string; run: string }) {
  const id = runIdOf({ subject, run });
  const [hasEnded, setEnded] = useState(false);
  const polled = usePoll(
    async (signal) => {
      const detail = await api.runs.get({ params: runParamsOf(id), signal });
      setEnded(!isOpen(detail));
      return detail;
    },
    id,
    hasEnded ? ENDED_EVERY_MS : OPEN_EVERY_MS,
  );
  const onChange = polled.refresh;
  return (
    <Page
      title={id}
      lead={
        <Link to="/pipelines" class="back">
          {t('run.back')}
        </Link>
      }
      actions={polled.data && <Actions run={polled.data} onChange={onChange} />}
    >
      {polled.data === undefined && isMissing(polled.error) ? (
        <NoRun all="/pipelines" back={t('run.back')} />
      ) : (
        <Show of={polled}>{(detail) => <RunBody run={detail} onChange={onChange} />}</Show>
      )}
    </Page>
  );
}

function RunBody({ run, onChange }: { run: RunDetail; onChange: () => void }) {
  const rows = rowsOf(run.steps);
  const chosen = query.value.get('step') ?? undefined;
  const row = rows.find(({ key }) => key === chosen);
  const choose = (key: string) => setQuery({ step: key === chosen ? undefined : key });
  return (
    <>
      <Card>
        <Facts
          of={[
            [t('runs.state'), <State of={run.state} />],
            [t('runs.workflow'), run.workflow],
            [t('runs.started'), <Ago at={run.started_at ?? run.created_at} />],
            [t('runs.took'), <Took from={run.started_at} until={run.ended_at} />],
            [t('runs.by'), <span class="break">{run.started_by}</span>],
          ]}
        />
        {run.error && <p class="fault-line">{run.error}</p>}
        {run.now.map((now) => (
          <p key={now.subject ?? ''} class="now">
            {now.subject && <strong>{now.subject}: </strong>}
            {now.says}
          </p>
        ))}
        <footer class="card-foot">
          <Command of={['show', run.run_id, ...(isOpen(run) ? ['--follow'] : [])]} />
          <InTemporal id={run.run_id} />
        </footer>
      </Card>
      <Card title={t('run.graph')}>
        <Graph run={run} rows={rows} chosen={chosen} onChoose={choose} />
      </Card>
      {row && <StepDetail key={row.key} runId={run.run_id} row={row} onClose={() => setQuery({ step: undefined })} onRetry={onChange} />}
      <Card title={t('run.timeline')}>
        <Timeline run={run} rows={rows} chosen={chosen} onChoose={choose} />
      </Card>
      <div class="columns">
        <Card title={t('run.input')}>
          <Json of={run.input} label={t('run.input')} />
        </Card>
        <Card title={t('run.result')}>
          {run.result === null ? (
            <Empty title={isOpen(run) ? t('run.resultLater') : t('run.resultNone')} />
          ) : (
            <Json of={run.result} label={t('run.result')} />
          )}
        </Card>
      </div>
    </>
  );
}

/** The same run where Temporal shows its history. */
function InTemporal({ id }: { id: string }) {
  const { data } = usePoll((signal) => api.callers.places({ signal }), 'places', 0);
  if (!data?.temporal_runs) return null;
  return (
    <a href={`${data.temporal_runs}/${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
      {t('run.temporal')}
    </a>
  );
}

/** What a viewer would be refused is not offered. */
function Actions({ run, onChange }: { run: RunDetail; onChange: () => void }) {
  const cancel = async () => {
    await api.runs.cancel({ params: runParamsOf(run.run_id) });
    onChange();
    return t('run.cancelled');
  };
  if (!may('operator')) return null;
  return isOpen(run) ? (
    <Ask
      label={t('run.cancel')}
      title={t('run.cancelAsk')}
      says={t('run.cancelSays')}
      command={['cancel', run.run_id]}
      class="danger"
      act={cancel}
    />
  ) : (
    <Link to={`/pipelines/start/${encodeURIComponent(run.workflow)}?input=${encodeURIComponent(JSON.stringify(run.input))}`} class="button">
      {t('run.again')}
    </Link>
  );
}
