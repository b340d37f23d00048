import type { RequestOf } from '../../../client/request.ts';
import type { runs } from '../../../contracts/endpoints/runs.ts';
import { runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { workflows } from '../../api/built.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Link, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunTable, runPath } from '../../parts/runs.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { rowsOf } from './runShape.ts';
import { named, t } from './words/index.ts';

export const PIPELINE_TABS = [
  ['/pipelines', 'pipelines.runs'],
  ['/pipelines/start', 'pipelines.start', 'operator'],
  ['/pipelines/schedules', 'pipelines.schedules'],
] as const;

/** What the address says is the API's to check. */
type RunsQuery = NonNullable<RequestOf<(typeof runs)['list']>['query']>;

const STATES = ['queued', 'running', 'success', 'failed', 'cancelled'] as const;
const PAGE = 50;

/** Runs of every workflow, newest first. */
export function Pipelines() {
  const workflow = query.value.get('workflow') ?? undefined;
  const state = query.value.get('state') ?? undefined;
  const step = query.value.get('step') ?? undefined;
  const cursor = query.value.get('cursor') ?? undefined;
  const asked = { workflow, state, step, cursor, limit: PAGE } as RunsQuery;
  const page = usePoll((signal) => api.runs.list({ query: asked, signal }), JSON.stringify(asked), cursor === undefined ? 3_000 : 0);
  return (
    <Page title={t('nav.pipelines')} lead={t('pipelines.lead')} actions={<StartLink>{t('pipelines.start')}</StartLink>}>
      <Tabs of={PIPELINE_TABS} say={t} />
      <Filters workflow={workflow} state={state} step={step} />
      {workflow !== undefined && cursor === undefined && <Grid workflow={workflow} />}
      <Card>
        <Show of={page}>
          {({ runs, next_cursor: next }) =>
            runs.length === 0 ? (
              <Empty title={workflow || state || step ? t('runs.noneFit') : t('runs.none')}>
                <StartLink class="button">{t('pipelines.start')}</StartLink>
              </Empty>
            ) : (
              <>
                <RunTable runs={runs} />
                <footer class="card-foot">
                  <Command of={['runs', ...asOptions({ workflow, state, step })]} />
                  <Pager cursor={cursor} next={next} newest={t('runs.newest')} older={t('runs.older')} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

interface Filter {
  readonly workflow: string | undefined;
  readonly state: string | undefined;
  /** That a run did, whatever its workflow */
  readonly step: string | undefined;
}
const asOptions = (filter: Filter) => Object.entries(filter).flatMap(([name, value]) => (value ? [`--${name}`, String(value)] : []));

const STEPS = [...new Set(workflows.flatMap(({ steps }) => steps.map(({ step }) => step)))].toSorted();

const Filters = ({ workflow, state, step }: Filter) => (
  <div class="filters">
    <label>
      {t('runs.workflow')}
      <select value={workflow ?? ''} onChange={(event) => setQuery({ workflow: event.currentTarget.value, cursor: undefined })}>
        <option value="">{t('common.all')}</option>
        {workflows.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
    <label>
      {t('runs.state')}
      <select value={state ?? ''} onChange={(event) => setQuery({ state: event.currentTarget.value, cursor: undefined })}>
        <option value="">{t('common.all')}</option>
        {STATES.map((name) => (
          <option key={name} value={name}>
            {named('state', name)}
          </option>
        ))}
      </select>
    </label>
    <label>
      {t('runs.step')}
      <select value={step ?? ''} onChange={(event) => setQuery({ step: event.currentTarget.value, cursor: undefined })}>
        <option value="">{t('common.all')}</option>
        {STEPS.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
    {(workflow || state || step) && (
      <button
        type="button"
        class="quiet"
        onClick={() => setQuery({ workflow: undefined, state: undefined, step: undefined, cursor: undefined })}
      >
        {t('common.clear')}
      </button>
    )}
  </div>
);

const RUNS_OF_GRID = 12;
const GRID_EVERY_MS = 10_000;

/** The latest runs of a workflow side by side: a column each, a row for each step. */
function Grid({ workflow }: { workflow: string }) {
  const [isWanted, setWanted] = useState(false);
  return (
    <details class="card fold" onToggle={(event) => setWanted(event.currentTarget.open)}>
      <summary>{t('runs.grid')}</summary>
      {isWanted && <GridOf workflow={workflow} />}
    </details>
  );
}

function GridOf({ workflow }: { workflow: string }) {
  const details = usePoll(
    async (signal) => {
      const { runs } = await api.runs.list({ query: { workflow, limit: RUNS_OF_GRID } as RunsQuery, signal });
      return Promise.all(runs.map(({ run_id }) => api.runs.get({ params: runParamsOf(run_id), signal })));
    },
    workflow,
    GRID_EVERY_MS,
  );
  return (
    <Show of={details}>
      {(runs) => {
        const rows = runs.map(({ steps }) => rowsOf(steps)).reverse();
        const steps = [...new Set(rows.flat().map(({ step }) => step))];
        if (steps.length === 0) return <p class="muted pad">{t('runs.noSteps')}</p>;
        return (
          <Table label={t('runs.grid')} class="grid">
            {steps.map((step) => (
              <tr key={step}>
                <th scope="row">{step}</th>
                {runs.toReversed().map(({ run_id }, at) => {
                  const states = rows[at]!.filter((row) => row.step === step).map((row) => row.state);
                  const state = ['failed', 'lost', 'running', 'cancelled', 'success'].find((name) => (states as string[]).includes(name));
                  return (
                    <td key={run_id}>
                      <Link
                        to={runPath(run_id)}
                        class={`cell ${state ?? 'none'}`}
                        label={`${run_id} ${step}: ${state ? named('state', state) : t('common.nothing')}`}
                      />
                    </td>
                  );
                })}
              </tr>
            ))}
          </Table>
        );
      }}
    </Show>
  );
}
