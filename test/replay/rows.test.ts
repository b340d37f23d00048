import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { subjectsOf } from '../../contracts/aboutRun.ts';
import { rowOf, SCHEDULABLE_WORKFLOWS, WORKFLOW_TYPES, type WorkflowType } from '../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import type { ActivitiesOf } from '../../workers/temporalWorker.ts';
import { answers } from './answers.ts';

const HISTORIES = path.join(import.meta.dirname, 'histories');
const WORKFLOWS_ROOM = path.join(PROJECT_ROOT, 'workflows');

interface Event {
  activityTaskScheduledEventAttributes?: {
    activityType: { name: string };
    taskQueue: { name: string };
    retryPolicy?: { maximumAttempts?: number };
    input?: { payloads?: { data: string }[] };
  };
  startChildWorkflowExecutionInitiatedEventAttributes?: { workflowType: { name: string } };
}

/** What the newest release recorded of a workflow: `<workflow>.json`, and `<workflow>.<what>.json` of what goes another way. */
function newestRecording(workflow: string): Event[] {
  const ofRelease = (release: string) =>
    readdirSync(path.join(HISTORIES, release))
      .filter((file) => file === `${workflow}.json` || file.startsWith(`${workflow}.`))
      .map((file) => path.join(HISTORIES, release, file));
  const files = readdirSync(HISTORIES)
    .sort()
    .reverse()
    .map(ofRelease)
    .find(({ length }) => length > 0);
  if (!files) throw new Error(`${workflow} has no recording`);
  return files.flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { events: Event[] }).events);
}

/** What a recording tells of the steps: queue and attempts by activity. */
const recordedSteps = (workflow: string) =>
  Object.fromEntries(
    newestRecording(workflow).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled
        ? [[scheduled.activityType.name, { queue: scheduled.taskQueue.name, attempts: scheduled.retryPolicy?.maximumAttempts || Infinity }]] // prettier-ignore
        : [],
    ),
  );

const stepsOfRow = (workflow: WorkflowType) =>
  Object.fromEntries(Object.entries(rowOf(workflow).steps).map(([activity, { queue, attempts }]) => [activity, { queue, attempts }]));

test('every workflow of the bundle has a row, and every row a workflow', () => {
  const index = readFileSync(path.join(WORKFLOWS_ROOM, 'index.ts'), 'utf8');
  expect([...index.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name).sort()).toEqual(WORKFLOW_TYPES.toSorted());
});

test('no two rows have one prefix, by which a run is told apart, nor does one have a slash, which ends it', () => {
  const prefixes = WORKFLOW_TYPES.flatMap((workflow) => rowOf(workflow).prefix ?? []);
  expect(prefixes.filter((prefix, index) => prefixes.indexOf(prefix) < index || !/^[a-z-]+$/.test(prefix))).toEqual([]);
});

test('types refuse a worker that lacks an activity of its queue, whose runs would try for ever', () => {
  const complete: ActivitiesOf<'control'> & ActivitiesOf<'training'> = answers;
  const others: Omit<typeof complete, 'registerModel'> = complete;
  // @ts-expect-error registerModel is missing
  const lacking: ActivitiesOf<'control'> = others;
  expect(lacking).toBe(complete);
});

describe('what a workflow did when it was recorded is what its row says of', () => {
  test.each(WORKFLOW_TYPES)('the steps of %s, their queues and attempts', (workflow) => {
    const usual = Object.entries(rowOf(workflow).steps).flatMap(([activity, { onlyWhen }]) => (onlyWhen === undefined ? [activity] : []));
    const recorded = recordedSteps(workflow);
    expect(usual.filter((activity) => !(activity in recorded))).toEqual([]);
    expect(stepsOfRow(workflow)).toMatchObject(recorded);
  });

  test.each(WORKFLOW_TYPES)('the children of %s', (workflow) => {
    const recorded = newestRecording(workflow).flatMap(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowType.name ?? [],
    );
    const { children, steps } = rowOf(workflow);
    const namesOf = ({ workflow: name }: { workflow: string }): readonly string[] =>
      name === 'scheduled' ? SCHEDULABLE_WORKFLOWS : [name];
    const usual = children.filter(({ onlyWhen }) => onlyWhen === undefined).map(namesOf);
    expect(usual.filter((any) => !recorded.some((name) => any.includes(name)))).toEqual([]);
    expect(children.flatMap(namesOf)).toEqual(expect.arrayContaining(recorded));
    expect(['', ...Object.keys(steps)]).toEqual(expect.arrayContaining(children.map(({ after }) => after ?? '')));
  });
});

/** They ask for whatever is left, a number of movies at a time. */
const WITHOUT_SUBJECT = ['fetchStaleTmdbDetails', 'refreshExpiringTmdb'];

test('a step of which a run has many says in its summary which of them it is', () => {
  const many = WORKFLOW_TYPES.flatMap((workflow) => {
    const names = Object.entries(rowOf(workflow).steps).flatMap(([activity, { isMany }]) => (isMany ? [activity] : []));
    return newestRecording(workflow).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled && names.includes(scheduled.activityType.name) ? [scheduled] : [],
    );
  });
  const unsaid = many.flatMap(({ activityType: { name }, input }) => {
    const given = Buffer.from(input?.payloads?.[0]?.data ?? '', 'base64').toString();
    return subjectsOf(JSON.parse(given || 'null')).length > 0 || WITHOUT_SUBJECT.includes(name) ? [] : [name];
  });
  expect(many.length).toBeGreaterThan(10);
  expect(unsaid).toEqual([]);
});

test('a row that another workflow may start is the child of one, and a child of one may be started by it', () => {
  const children = new Set(WORKFLOW_TYPES.flatMap((workflow) => rowOf(workflow).children).map(({ workflow }) => workflow));
  children.delete('scheduled');
  const started = WORKFLOW_TYPES.filter((workflow) => rowOf(workflow).startedBy.includes('workflow'));
  expect([...children].sort()).toEqual(started.toSorted());
});

test('no workflow writes a timeout or a number of attempts of its own: they come from its row', () => {
  const own = /startToCloseTimeout|heartbeatTimeout|maximumAttempts|retry:/;
  const files = readdirSync(WORKFLOWS_ROOM).filter((file) => own.test(readFileSync(path.join(WORKFLOWS_ROOM, file), 'utf8')));
  expect(files).toEqual(['proxySteps.ts']);
});
