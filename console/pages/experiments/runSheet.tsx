import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ListedRun, RunColumn, RunTable } from '../../../contracts/experiments.ts';
import { Ago, Link, Num, State, Took } from '../../parts/basics.tsx';
import { Sheet, type SheetColumn } from './sheet.tsx';
import { query, setQuery } from '../../router.ts';
import { columnsOf, columnsText, columnText, nextSort, sharesOf, sortOf, sortText, type Sort } from './runColumns.ts';
import { runPath } from '../../parts/modelPlaces.ts';
import { RunName } from './runName.tsx';
import { ChooseColumns } from './chooseColumns.tsx';
import { named, t } from './words/index.ts';

/** As many as the API sets beside one another. */
const MOST_COMPARED = 200;

const said = (name: string) => query.value.get(name) ?? undefined;

interface RunSheetOf {
  readonly page: RunTable;
  readonly runs: readonly ListedRun[];
  readonly reach: (end: number) => void;
  readonly experiments: ReadonlyMap<string, string>;
}

/** Runs in rows: marked, sorted, and with the columns that somebody chose. */
export function RunSheet({ page: { columns, total }, runs, reach, experiments }: RunSheetOf) {
  const [isChoosing, setChoosing] = useState(false);
  const chosen = new Set(said('chosen')?.split(',').filter(Boolean));
  const count = total ?? runs.length;
  const shares = useMemo(() => sharesOf(runs, columns), [runs, columns]);
  const fixed = fixedColumns(said('experiment') === undefined);
  const sort = sortOf(said('sort') ?? '') ?? { by: 'attributes.start_time', ascending: false };
  const toggle = (id: string) => {
    const next = chosen.has(id) ? [...chosen].filter((other) => other !== id) : [...chosen, id];
    setQuery({ chosen: next.join(',') });
  };
  const cell = (row: number, column: number) => {
    const run = runs[row];
    if (run === undefined) return column === 0 ? <span class="muted">{t('common.loading')}</span> : null;
    const own = fixed[column];
    if (own) return own.cell(run, { isChosen: chosen.has(run.run_id), toggle, experiments });
    return <Value of={run.values[column - fixed.length] ?? null} share={shares(row, column - fixed.length)} />;
  };
  return (
    <>
      <header class="card-head">
        <h2>
          {t('expRuns.count', { count: count.toLocaleString() })}
          <span class="muted"> {t('expRuns.hint')}</span>
        </h2>
        <div class="actions">
          <Chosen ids={[...chosen]} loaded={runs} />
          <button type="button" class="small" onClick={() => setChoosing(true)}>
            {t('expRuns.columns')}
          </button>
        </div>
      </header>
      <Sheet
        label={t('expRuns.table')}
        columns={[...fixed.map((column) => headOf(column, sort)), ...columns.map((column) => valueHeadOf(column, sort))]}
        count={count}
        keyOf={(row) => runs[row]?.run_id ?? `row ${row}`}
        cell={cell}
        isChosen={(row) => chosen.has(runs[row]?.run_id ?? '')}
        onReach={reach}
      />
      {isChoosing && (
        <ChooseColumns
          experiment={said('experiment')}
          shown={said('columns') === undefined ? columns : columnsOf(said('columns') ?? '')}
          onClose={() => setChoosing(false)}
          onChoose={(next) => setQuery({ columns: columnsText(next) })}
        />
      )}
    </>
  );
}

function Chosen({ ids, loaded }: { ids: readonly string[]; loaded: readonly ListedRun[] }) {
  const upTo = Math.min(MOST_COMPARED, loaded.length);
  return (
    <>
      {ids.length > 0 ? (
        <button type="button" class="quiet small" onClick={() => setQuery({ chosen: undefined })}>
          {t('expRuns.unmark', { count: ids.length })}
        </button>
      ) : (
        <button
          type="button"
          class="quiet small"
          onClick={() =>
            setQuery({
              chosen: loaded
                .slice(0, upTo)
                .map(({ run_id: id }) => id)
                .join(','),
            })
          }
        >
          {t('expRuns.mark', { count: upTo })}
        </button>
      )}
      {ids.length > 1 && (
        <Link to={`/models/experiments/compare?runs=${ids.slice(0, MOST_COMPARED).join(',')}`} class="button primary small">
          {t('expRuns.compare', { count: Math.min(ids.length, MOST_COMPARED) })}
        </Link>
      )}
    </>
  );
}

interface Marks {
  readonly isChosen: boolean;
  readonly toggle: (id: string) => void;
  readonly experiments: ReadonlyMap<string, string>;
}
interface FixedColumn {
  readonly key: string;
  readonly title: string;
  readonly width: number;
  readonly isRight?: boolean;
  /** As it is sorted by; not at all when missing */
  readonly by?: string;
  readonly cell: (run: ListedRun, marks: Marks) => ComponentChildren;
}

const PINNED = { most: 300, share: 0.5 };

/** What every run has. */
const fixedColumns = (isOfAll: boolean): FixedColumn[] => [
  {
    key: 'run',
    title: t('runs.run'),
    width: Math.min(PINNED.most, Math.round(innerWidth * PINNED.share)),
    by: 'attributes.run_name',
    cell: ({ run_id: id, name }, { isChosen, toggle }) => (
      <span class="sheet-name" title={name}>
        <input type="checkbox" checked={isChosen} aria-label={t('expRuns.markOne', { run: name })} onChange={() => toggle(id)} />
        <Link to={runPath(id)} class="strong">
          <RunName of={name} />
        </Link>
      </span>
    ),
  },
  {
    key: 'status',
    title: t('runs.state'),
    width: 120,
    by: 'attributes.status',
    cell: ({ status }) => <State of={status} label={named('registryRun', status)} />,
  },
  { key: 'started', title: t('runs.started'), width: 120, by: 'attributes.start_time', cell: ({ started_at: at }) => <Ago at={at} /> },
  {
    key: 'took',
    title: t('runs.took'),
    width: 104,
    isRight: true,
    cell: ({ started_at: from, ended_at: until, status }) =>
      until === null && status !== 'RUNNING' ? <span class="muted">–</span> : <Took from={from} until={until} />,
  },
  ...(isOfAll
    ? [
        {
          key: 'experiment',
          title: t('expRuns.experiment'),
          width: 180,
          cell: ({ experiment_id: id }: ListedRun, { experiments }: Marks) => experiments.get(id) ?? id,
        },
      ]
    : []),
];

const sortedBy = (sort: Sort, by: string): SheetColumn['sorted'] =>
  sort.by !== by ? undefined : sort.ascending ? 'ascending' : 'descending';

function headOf({ key, title, width, isRight, by }: FixedColumn, sort: Sort): SheetColumn {
  return {
    key,
    width,
    ...(isRight && { isRight }),
    sorted: by === undefined ? undefined : sortedBy(sort, by),
    title: by === undefined ? title : <SortBy by={by} title={title} sort={sort} startsAscending={by !== 'attributes.start_time'} />,
  };
}

function valueHeadOf(column: RunColumn, sort: Sort): SheetColumn {
  const by = columnText(column);
  const isMetric = column.kind === 'metric';
  return {
    key: by,
    width: isMetric ? 130 : 150,
    isRight: isMetric,
    sorted: sortedBy(sort, by),
    title: <SortBy by={by} title={column.name} kind={t(`column.${column.kind}`)} sort={sort} startsAscending={!isMetric} />,
  };
}

function SortBy({
  by,
  title,
  kind,
  sort,
  startsAscending,
}: {
  by: string;
  title: string;
  kind?: string;
  sort: Sort;
  startsAscending: boolean;
}) {
  const next = nextSort(sort, by, startsAscending);
  const mark = sort.by !== by ? '' : sort.ascending ? '↑' : '↓';
  return (
    <button type="button" class="sheet-sort" title={title} onClick={() => setQuery({ sort: next && sortText(next) })}>
      {kind && <span class="sheet-kind">{kind}</span>}
      <span class="sheet-title">
        <span>{title}</span> {mark && <span aria-hidden="true">{mark}</span>}
      </span>
    </button>
  );
}

/** A metric with a bar that says where it lies among the others; the text of anything else. */
const Value = ({ of, share }: { of: number | string | null; share: number | undefined }) =>
  typeof of === 'number' ? (
    <>
      <Num of={of} />
      {share !== undefined && <span class="sheet-bar" style={{ width: `${Math.round(share * 100)}%` }} />}
    </>
  ) : (
    <span class={of === null ? 'muted' : ''} title={of ?? undefined}>
      {of ?? '–'}
    </span>
  );
