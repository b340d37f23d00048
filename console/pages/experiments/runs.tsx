import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { filterText } from './runColumns.ts';
import { MODEL_TABS } from '../../parts/modelPlaces.ts';
import { StartLink } from '../../parts/startLink.tsx';
import { RunSheet } from './runSheet.tsx';
import { useRunPages, type RunsQuery } from './useRunPages.ts';
import { Views } from './views.tsx';
import { named, t } from './words/index.ts';

const STATUSES = ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'] as const;

const said = (name: string) => query.value.get(name) ?? undefined;

/** Every run that a training or a client logged, whatever their number. */
export function Runs() {
  const experiments = usePoll((signal) => api.registry.experiments({ signal }), 'experiments', 0);
  const names = new Map(experiments.data?.experiments.map(({ experiment_id: id, name }) => [id, name]));
  const filter = filterText(said('filter') ?? '', said('status')) || undefined;
  const asked = { experiment: said('experiment'), filter, sort: said('sort'), columns: said('columns') } as RunsQuery;
  const { first, runs, isOld, reach } = useRunPages(asked);
  return (
    <Page title={t('nav.models')} lead={t('expRuns.lead')}>
      <Tabs of={MODEL_TABS} say={t} />
      <div class="filters">
        <label>
          {t('expRuns.experiment')}
          <select value={said('experiment') ?? ''} onChange={(event) => setQuery({ experiment: event.currentTarget.value })}>
            <option value="">{t('common.all')}</option>
            {experiments.data?.experiments.map(({ experiment_id: id, name, runs: count }) => (
              <option key={id} value={id}>
                {name} ({count})
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('runs.state')}
          <select value={said('status') ?? ''} onChange={(event) => setQuery({ status: event.currentTarget.value })}>
            <option value="">{t('common.all')}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {named('registryRun', status)}
              </option>
            ))}
          </select>
        </label>
        <Filter />
        <Views />
      </div>
      <Card class={isOld ? 'old' : ''}>
        <Show of={first}>
          {(page) =>
            page.runs.length === 0 ? (
              <Nothing isFiltered={filter !== undefined} />
            ) : (
              <RunSheet page={page} runs={runs} reach={reach} experiments={names} />
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

/** A filter is asked for when it is whole, not at every letter. */
function Filter() {
  const asked = said('filter') ?? '';
  const [typed, setTyped] = useState<string>();
  return (
    <form
      class="grow"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ filter: typed ?? asked });
        setTyped(undefined);
      }}
    >
      <label>
        {t('expRuns.filter')}
        <input
          type="search"
          class="mono"
          value={typed ?? asked}
          placeholder="metrics.rmse < 0.9 and params.factors = '64'"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onChange={(event) => event.currentTarget.value === '' && setQuery({ filter: undefined })}
        />
      </label>
    </form>
  );
}

const Nothing = ({ isFiltered }: { isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title={t('runs.noneFit')}>
      <button type="button" onClick={() => setQuery({ filter: undefined, status: undefined })}>
        {t('common.clear')}
      </button>
    </Empty>
  ) : (
    <Empty title={t('expRuns.none')}>
      <StartLink workflow="movieTrainingPipeline">{t('models.train')}</StartLink>
      <Command of={['train']} />
    </Empty>
  );
