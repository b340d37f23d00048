import { expect, test } from '@jest/globals';
import { columnsOf, leadsTo, rowsOf, spanOf, ticksOf } from '../../../console/pages/pipelines/runShape.ts';
import type { RunStep } from '../../../contracts/runs.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 30, 6, 0, second)).toISOString();
const attempt = (step: string, subject: string | null, begun: number, ended: number | null, more: Partial<RunStep> = {}): RunStep => ({
  ...{ step, subject, part: null, attempt: 1, state: ended === null ? 'running' : 'success', queue: 'training', worker: 'w' },
  ...{ started_at: at(begun), ended_at: ended === null ? null : at(ended), result: null, error: null, progress: null, ...more },
});

const STEPS = [
  attempt('train', 'b', 12, null, { attempt: 2 }),
  attempt('prepare', null, 0, 5),
  attempt('train', 'a', 5, 9),
  attempt('train', 'b', 5, 11, { state: 'failed' }),
  attempt('evaluate', 'a', 9, 10),
];
const PLAN = ['prepare', 'train', 'note_wait', 'evaluate', 'mark'].map((step) => ({
  ...{ step, isRare: step === 'note_wait', isOfPart: step === 'train' || step === 'evaluate' },
}));

test('tries of one piece of work are one row with the state of the latest, in the order in which they were begun', () => {
  expect(rowsOf(STEPS).map(({ key, state, attempts }) => [key, state, attempts.map((one) => one.attempt)])).toEqual([
    ['prepare||', 'success', [1]],
    ['train|a|', 'success', [1]],
    ['train|b|', 'running', [1, 2]],
    ['evaluate|a|', 'success', [1]],
  ]);
});

test('steps stand in the order of their workflow; while it goes on those to come stand there too, but for the rare', () => {
  const shown = (isOpen: boolean) =>
    columnsOf(PLAN, rowsOf(STEPS), isOpen).map(({ step, rows }) => `${step} ${rows.map(({ state }) => state).join()}`);
  expect(shown(true)).toEqual(['prepare success', 'train success,running', 'evaluate success,planned', 'mark planned']);
  expect(shown(false)).toEqual(['prepare success', 'train success,running', 'evaluate success']);
});

test('what a model still comes to stays while others have come to it, and leads on; what has failed comes to nothing more', () => {
  const evaluated = (rows: readonly Row[]) => columnsOf(PLAN, rows, true).find(({ step }) => step === 'evaluate')!.rows;
  const rows = rowsOf(STEPS);
  const [a, b] = evaluated(rows) as [Row, Row];
  expect([a, b].map(({ key, state }) => [key, state])).toEqual([
    ['evaluate|a|', 'success'],
    ['evaluate|b|', 'planned'],
  ]);
  const trains = rows.find(({ key }) => key === 'train|b|')!;
  expect([leadsTo(trains, b), leadsTo(trains, a)]).toEqual([true, false]);
  const failed = rowsOf([...STEPS, attempt('train', 'b', 14, 16, { attempt: 3, state: 'failed' })]);
  expect(evaluated(failed).map(({ key }) => key)).toEqual(['evaluate|a|']);
  const ofCollection = attempt('bring_online', 'features', 2, null); // of a part that the plan does not know
  expect(evaluated(rowsOf([...STEPS, ofCollection])).map(({ subject }) => subject)).toEqual(['a', 'b']);
});

test('models stand in each column as in the one before, whichever comes to a step first', () => {
  const rows = rowsOf([
    ...['a', 'b', 'c'].map((model, nth) => attempt('train', model, nth, 5 + nth)),
    ...['c', 'a'].map((model, nth) => attempt('evaluate', model, 10 + nth, 12)),
  ]);
  const evaluate = columnsOf(PLAN, rows, true).find(({ step }) => step === 'evaluate')!;
  expect(evaluate.rows.map(({ subject, state }) => [subject, state])).toEqual([
    ['a', 'success'],
    ['b', 'planned'],
    ['c', 'success'],
  ]);
});

test('a step that the workflow does not know, such as of an older release, comes last', () => {
  expect(columnsOf(PLAN, rowsOf([attempt('old', null, 0, 1), attempt('prepare', null, 2, 3)]), false).map(({ step }) => step)).toEqual([
    'prepare',
    'old',
  ]);
});

test('a model leads to its own next step, and what is of no model to all', () => {
  const [prepare, trainA, trainB, evaluateA] = rowsOf(STEPS) as [Row, Row, Row, Row];
  expect([leadsTo(prepare, trainA), leadsTo(prepare, trainB), leadsTo(trainA, evaluateA), leadsTo(trainB, evaluateA)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
type Row = ReturnType<typeof rowsOf>[number];

test('the span reaches to now while a step goes on, and has few round ticks', () => {
  const { from, until } = spanOf(STEPS, Date.parse(at(60)));
  expect([from, until]).toEqual([Date.parse(at(0)), Date.parse(at(60))]);
  expect(ticksOf(until - from)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  expect(ticksOf(400)).toEqual([0, 100, 200, 300, 400]);
  expect(ticksOf(30 * 86_400_000).length).toBeLessThanOrEqual(7);
});
