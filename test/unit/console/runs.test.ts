import { expect, test } from '@jest/globals';
import type { ListedRun, WholeRun } from '../../../contracts/experiments.ts';
import { readColumns } from '../../../api/rest/experiments.ts';
import { RUNS } from '../../../api/mlflow/filter/grammars.ts';
import { parseFilter } from '../../../api/mlflow/filter/parseFilter.ts';
import { parseOrder } from '../../../api/mlflow/filter/parseOrder.ts';
import { tightScaleOf } from '../../../console/chart.ts';
import { axesOf, curvesOf, looksOf, rowsOf } from '../../../console/compared.ts';
import { columnsOf, columnsText, filterText, nextSort, sharesOf, sortOf, sortText } from '../../../console/pages/experiments/runColumns.ts';
import { columnsSeen, edgesOf, rowsSeen } from '../../../console/pages/experiments/windowed.ts';

test('of ten thousand rows those are drawn that are seen, and a few before and after', () => {
  expect(rowsSeen(0, 400, 40, 10_000, 5)).toEqual({ first: 0, end: 15 });
  expect(rowsSeen(200_000, 400, 40, 10_000, 5)).toEqual({ first: 4_995, end: 5_015 });
  expect(rowsSeen(399_600, 400, 40, 10_000, 5)).toEqual({ first: 9_985, end: 10_000 });
  expect(rowsSeen(200_000, 400, 40, 3, 5)).toEqual({ first: 3, end: 3 }); // what was far below is no more
});

test('of hundreds of columns those are drawn that are seen, whatever their widths', () => {
  const edges = edgesOf([100, 50, 200, 50]);
  expect(edges).toEqual([0, 100, 150, 350, 400]);
  expect(columnsSeen(0, 120, edges)).toEqual({ first: 0, end: 2 });
  expect(columnsSeen(120, 60, edges)).toEqual({ first: 1, end: 3 });
  expect(columnsSeen(390, 500, edges)).toEqual({ first: 3, end: 4 });
});

test('columns, filters and orders are written as the API reads them, whatever the names', () => {
  const columns = [
    { kind: 'metric', name: 'a,b' },
    { kind: 'param', name: String.raw`back\slash` },
    { kind: 'tag', name: 'mlflow.user' },
  ] as const;
  expect(readColumns(columnsText(columns))).toEqual(columns);
  expect([columnsOf(columnsText(columns)), columnsOf('rmse,metrics.')]).toEqual([columns, []]);
  expect(columnsText([])).toBe('');
  const sort = sortText({ by: 'metrics.val/loss at 1', ascending: false });
  expect(parseOrder(RUNS, [sort])).toEqual([{ on: 'metric', key: 'val/loss at 1', ascending: false }]);
  expect(sortOf(sort)).toEqual({ by: 'metrics.val/loss at 1', ascending: false });
  expect(sortOf('anything')).toBeUndefined();
  expect(parseFilter(RUNS, filterText(' metrics.rmse < 1 ', 'FINISHED'))).toMatchObject([
    { on: 'metric', key: 'rmse', comparator: '<', value: 1 },
    { on: 'attribute', key: 'status', comparator: '=', value: 'FINISHED' },
  ]);
  expect([filterText('', undefined), filterText('', 'FAILED')]).toEqual(['', "attributes.status = 'FAILED'"]);
});

test('a click on a title sorts by it, one more the other way round, and a third as it was', () => {
  const first = nextSort(undefined, 'metrics.rmse', false)!;
  const second = nextSort(first, 'metrics.rmse', false)!;
  expect([first.ascending, second.ascending, nextSort(second, 'metrics.rmse', false)]).toEqual([false, true, undefined]);
  expect(nextSort(second, 'params.l2', true)).toEqual({ by: 'params.l2', ascending: true });
});

test('a metric is told where it lies between the least and the most of its column; what is no number is not', () => {
  const run = (...values: ListedRun['values']) => ({ values }) as ListedRun;
  const columns = [
    { kind: 'metric', name: 'a' },
    { kind: 'param', name: 'b' },
  ] as const;
  const share = sharesOf([run(1, '5'), run(3, '6'), run(2, '7'), run('NaN', null)], columns);
  expect([0, 1, 2, 3].map((row) => share(row, 0))).toEqual([0, 1, 0.5, undefined]);
  expect([share(0, 1), share(9, 0), sharesOf([run(1)], columns.slice(0, 1))(0, 0)]).toEqual([undefined, undefined, undefined]);
});

const whole = (params: WholeRun['params'], metrics: Readonly<Record<string, number | 'NaN'>>, step = 0) =>
  ({
    params,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, { value, step }])),
    tags: {},
  }) as unknown as WholeRun;

test('runs beside one another show what differs, and who is ahead where it is known which way that is', () => {
  const runs = [
    whole({ l2: '0.1', kind: 'a' }, { rmse: 0.9, size: 3 }),
    whole({ l2: '0.1', kind: 'b' }, { rmse: 0.8, size: 4 }),
    whole({}, { rmse: 0.9 }),
  ];
  const rows = rowsOf({ runs, better: { rmse: 'lower' } });
  expect(rows.map(({ name, differs, best }) => [name, differs, best])).toEqual([
    ['kind', true, undefined],
    ['l2', true, undefined], // the third has none
    ['rmse', true, 1],
    ['size', true, undefined],
  ]);
  expect(rows[2]!.values).toEqual([0.9, 0.8, 0.9]);
  const tied = rowsOf({ runs: [whole({}, { rmse: 1 }), whole({}, { rmse: 1 })], better: { rmse: 'lower' } });
  expect(tied.map(({ differs, best }) => [differs, best])).toEqual([[false, undefined]]);
});

test('a parameter is an axis by its numbers, or by its words where it has others; what all have alike is none', () => {
  const runs = [
    whole({ l2: '1e-3', kind: 'b', same: 'x' }, { auc: 0.5 }),
    whole({ l2: '0.1', kind: 'a', same: 'x' }, { auc: 'NaN' }),
    whole({ kind: 'c', same: 'x' }, {}),
  ];
  expect(axesOf(rowsOf({ runs, better: { auc: 'higher' } }), { auc: 'higher' })).toEqual([
    { name: 'kind', better: null, words: ['a', 'b', 'c'], values: [1, 0, 2] },
    { name: 'l2', better: null, values: [0.001, 0.1, null] },
    { name: 'auc', better: 'higher', values: [0.5, null, null] },
  ]);
});

test('a few runs have colours of their own, many are coloured from the worst to the best', () => {
  expect(looksOf(3, undefined).map((look) => look.class)).toEqual(['colour-0', 'colour-1', 'colour-2']);
  const axis = { name: 'rmse', better: 'lower', values: [1, 2, null, ...Array.from({ length: 6 }, () => 1.5)] } as const;
  const looks = looksOf(9, axis);
  expect(looks.slice(0, 4)).toEqual([
    { class: 'colour-scaled', share: 1 },
    { class: 'colour-scaled', share: 0 },
    { class: 'colour-none' },
    { class: 'colour-scaled', share: 0.5 },
  ]);
});

test('metrics of more than one step have curves, those of most runs first, on a scale that tells them apart', () => {
  expect(curvesOf([whole({}, { loss: 1 }, 9), whole({}, { auc: 1, loss: 2 }, 3), whole({}, { rmse: 1 })])).toEqual(['loss', 'auc']);
  const { low, high } = tightScaleOf([
    {
      points: [
        [0, 100],
        [1, 101],
      ],
    },
  ]);
  expect([low, high].map((value) => value.toFixed(2))).toEqual(['99.96', '101.04']);
  expect(tightScaleOf([{ points: [[0, 5]] }])).toEqual({ low: 4.5, high: 5.5 });
  expect(tightScaleOf([])).toEqual({ low: 0, high: 1 });
});
