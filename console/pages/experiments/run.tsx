import type { WholeRun } from '../../../contracts/experiments.ts';
import { isMissing } from '../../api/failures.ts';
import { curvesOf, looksOf } from '../../compared.ts';
import { Ago, Card, Empty, Facts, Link, Num, Page, State, Took } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Pairs } from '../../parts/pairs.tsx';
import { Show } from '../../parts/polled.tsx';
import { NoRun } from '../../parts/runs.tsx';
import { useRuns } from './compare.tsx';
import { Curves } from './curves.tsx';
import { modelPath } from '../../parts/modelPlaces.ts';
import { named, t } from './words/index.ts';

/** One run: what it was given, what it measured, and what became of it. */
export function RunPage({ id }: { id: string }) {
  const polled = useRuns(id);
  const run = polled.data?.runs[0];
  return (
    <Page
      title={run?.name ?? id}
      lead={
        <Link to="/models/experiments/runs" class="back">
          {t('expRuns.back')}
        </Link>
      }
    >
      {polled.data === undefined && isMissing(polled.error) ? (
        <NoRun all="/models/experiments/runs" back={t('expRuns.back')} />
      ) : (
        <Show of={polled}>{({ runs }) => <RunBody of={runs[0]!} />}</Show>
      )}
    </Page>
  );
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => a.localeCompare(b, 'en', { numeric: true });

function RunBody({ of: run }: { of: WholeRun }) {
  const metrics = Object.entries(run.metrics).toSorted(byName);
  const things = [{ key: run.run_id, name: run.name, look: looksOf(1, undefined)[0]! }];
  return (
    <>
      <Card>
        <Facts
          of={[
            [t('runs.state'), <State key="state" of={run.status} label={named('registryRun', run.status)} />],
            [
              t('expRuns.experiment'),
              <Link key="experiment" to={`/models/experiments/runs?experiment=${run.experiment_id}`}>
                {run.experiment}
              </Link>,
            ],
            [t('runs.started'), <Ago key="started" at={run.started_at} />],
            [
              t('runs.took'),
              run.ended_at === null && run.status !== 'RUNNING' ? '–' : <Took key="took" from={run.started_at} until={run.ended_at} />,
            ],
            [t('runs.by'), run.user_id || '–'],
            [
              t('expRun.versions'),
              run.versions.length === 0
                ? '–'
                : run.versions.map(({ name, version }) => (
                    <Link key={`${name} ${version}`} to={modelPath(name, version)} class="break">
                      {name} {version}{' '}
                    </Link>
                  )),
            ],
          ]}
        />
        <footer class="card-foot">
          <Command of={['artifacts', 'ls', run.run_id]} />
        </footer>
      </Card>
      <Curves metrics={curvesOf([run])} things={things} />
      <div class="columns">
        <Card title={t('version.metrics')}>
          {metrics.length === 0 ? (
            <Empty title={t('version.noMetrics')} />
          ) : (
            <Pairs
              label={t('version.metrics')}
              of={metrics.map(([name, { value }]) => [name, typeof value === 'number' ? <Num key={name} of={value} /> : value] as const)}
            />
          )}
        </Card>
        <div class="stack">
          <Card title={t('version.params')}>
            <Texts of={run.params} label={t('version.params')} />
          </Card>
          <Card title={t('expRun.tags')}>
            <Texts of={run.tags} label={t('expRun.tags')} />
          </Card>
        </div>
      </div>
    </>
  );
}

const Texts = ({ of, label }: { of: Readonly<Record<string, string>>; label: string }) => (
  <Pairs
    label={label}
    of={Object.entries(of)
      .toSorted(byName)
      .map(
        ([name, value]) =>
          [
            name,
            <span key={name} class="break">
              {value}
            </span>,
          ] as const,
      )}
  />
);
