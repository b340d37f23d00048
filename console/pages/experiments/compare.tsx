import { useMemo, useState } from 'preact/hooks';
import type { ComparedRuns, WholeRun } from '../../../contracts/experiments.ts';
import { api } from '../../api/calls.ts';
import { Refused } from '../../api/failures.ts';
import { usePoll } from '../../api/usePoll.ts';
import { axesOf, curvesOf, looksOf, rowsOf, type ComparedRow } from '../../compared.ts';
import { Ago, Card, Empty, Link, Num, Page } from '../../parts/basics.tsx';
import { Parallel, styleOf, type Thing } from '../../parts/parallel.tsx';
import { Show } from '../../parts/polled.tsx';
import { Sheet, type SheetColumn } from './sheet.tsx';
import { query, setQuery } from '../../router.ts';
import { isRunId } from './runId.ts';
import { RunName } from './runName.tsx';
import { Curves } from './curves.tsx';
import { runPath } from '../../parts/modelPlaces.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;

/** Any number of runs: what differs, how their metrics went, and a line for each across it all. */
export function ComparePage() {
  const asked = query.value.get('runs') ?? '';
  return (
    <Page
      title={t('compare.title')}
      lead={
        <Link to="/models/experiments/runs" class="back">
          {t('expRuns.back')}
        </Link>
      }
    >
      {asked === '' ? (
        <Card>
          <Empty title={t('compare.none')}>
            <Link to="/models/experiments/runs" class="button primary">
              {t('expRuns.back')}
            </Link>
          </Empty>
        </Card>
      ) : (
        <Compared asked={asked} />
      )}
    </Page>
  );
}

/** Asked again while one of them goes on; what cannot be the id of a run is none, and not asked for. */
export function useRuns(asked: string) {
  const [goesOn, setGoesOn] = useState(false);
  return usePoll(
    async (signal) => {
      if (!asked.split(',').every(isRunId)) throw new Refused(404, t('runs.missing'));
      const compared = await api.experiments.compare({ query: { runs: asked }, signal });
      setGoesOn(compared.runs.some(({ status }) => status === 'RUNNING'));
      return compared;
    },
    asked,
    goesOn ? EVERY_MS : 0,
  );
}

function Compared({ asked }: { asked: string }) {
  const polled = useRuns(asked);
  return <Show of={polled}>{(compared) => <ComparedBody of={compared} />}</Show>;
}

function ComparedBody({ of: compared }: { of: ComparedRuns }) {
  const { runs, better } = compared;
  const rows = useMemo(() => rowsOf(compared), [compared]);
  const axes = useMemo(() => axesOf(rows, better), [rows]);
  const colourBy =
    axes.find(({ name }) => name === query.value.get('colour')) ?? axes.findLast((axis) => axis.better !== null) ?? axes.at(-1);
  const looks = looksOf(runs.length, colourBy);
  const things = runs.map(({ run_id: key, name }, nth) => ({ key, name, look: looks[nth]! }));
  return (
    <>
      {axes.length > 1 && (
        <Card
          title={t('compare.parallel')}
          aside={
            looks.some(({ share }) => share !== undefined) && (
              <label class="actions muted">
                {t('compare.colour')}
                <select value={colourBy?.name ?? ''} onChange={(event) => setQuery({ colour: event.currentTarget.value })}>
                  {axes.map(({ name }) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
                <span class="colour-scale" aria-hidden="true" />
              </label>
            )
          }
        >
          <Parallel axes={axes} things={things} label={t('compare.parallelSays')} />
        </Card>
      )}
      <Curves metrics={curvesOf(runs)} things={things} />
      <Differences runs={runs} rows={rows} things={things} />
    </>
  );
}

function Differences({ runs, rows, things }: { runs: readonly WholeRun[]; rows: readonly ComparedRow[]; things: readonly Thing[] }) {
  const isAll = query.value.get('rows') === 'all';
  const shown = isAll ? rows : rows.filter(({ differs, kind }) => differs && kind !== 'tag');
  const columns: SheetColumn[] = [
    { key: 'name', title: t('compare.what'), width: Math.min(260, Math.round(innerWidth * 0.42)) },
    ...runs.map((run, nth) => ({
      key: run.run_id,
      title: <RunHead of={run} thing={things[nth]!} isAlone={runs.length === 1} />,
      width: 190,
      isRight: true,
    })),
  ];
  const cell = (at: number, column: number) => {
    const row = shown[at]!;
    if (column === 0)
      return (
        <span class="sheet-name" title={row.name}>
          <span class="sheet-kind">{t(`column.${row.kind}`)}</span> {row.name}
        </span>
      );
    const value = row.values[column - 1];
    return (
      <span class={row.best === column - 1 && runs.length > 1 ? 'best' : ''} title={String(value ?? '')}>
        {typeof value === 'number' ? <Num of={value} /> : (value ?? '–')}
      </span>
    );
  };
  return (
    <Card
      title={t('compare.rows', { runs: runs.length })}
      aside={
        <label class="check">
          <input type="checkbox" checked={isAll} onChange={() => setQuery({ rows: isAll ? undefined : 'all' })} />
          {t('compare.all', { count: rows.length })}
        </label>
      }
    >
      {shown.length === 0 ? (
        <Empty title={t('compare.same')} />
      ) : (
        <Sheet
          label={t('compare.table')}
          columns={columns}
          count={shown.length}
          keyOf={(at) => `${shown[at]!.kind}.${shown[at]!.name}`}
          cell={cell}
        />
      )}
    </Card>
  );
}

function RunHead({ of: { run_id: id, name, status, started_at: at }, thing, isAlone }: { of: WholeRun; thing: Thing; isAlone: boolean }) {
  const without = () =>
    setQuery({
      runs: (query.value.get('runs') ?? '')
        .split(',')
        .filter((other) => other !== id)
        .join(','),
    });
  return (
    <span class="run-head" title={name}>
      <span class={`lines-name ${thing.look.class}`} style={styleOf(thing.look)}>
        <Link to={runPath(id)} class="cut">
          <RunName of={name} />
        </Link>
        {!isAlone && (
          <button type="button" class="quiet tiny" onClick={without} aria-label={t('compare.without', { run: name })}>
            ✕
          </button>
        )}
      </span>
      <span class="sheet-kind">{status === 'FINISHED' ? <Ago at={at} /> : named('registryRun', status)}</span>
    </span>
  );
}
