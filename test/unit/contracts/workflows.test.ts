import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { partOf, rowOf, WORKFLOW_TYPES } from '../../../contracts/workflows.ts';

const HISTORIES = path.join(import.meta.dirname, '../../replay/histories');

interface History {
  readonly events: readonly {
    readonly activityTaskScheduledEventAttributes?: {
      readonly activityType: { readonly name: string };
      readonly input?: { readonly payloads?: readonly { readonly data: string }[] };
    };
  }[];
}

/** The inputs that activities had in the recorded runs. */
const recorded = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => (JSON.parse(readFileSync(path.join(HISTORIES, file), 'utf8')) as History).events)
  .flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
    const data = scheduled?.input?.payloads?.[0]?.data;
    return scheduled && data
      ? [[scheduled.activityType.name, JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as unknown] as const]
      : [];
  });

test('a step of several parts finds in its real input which it is, and no other step has a part', () => {
  const withPart = WORKFLOW_TYPES.flatMap((workflow) =>
    Object.entries(rowOf(workflow).steps).flatMap(([activity, { part }]) => (part ? [activity] : [])),
  );
  const found = recorded.flatMap(([activity, input]) =>
    withPart.includes(activity) ? [[activity, partOf(activity, input)] as const] : [],
  );
  expect([...new Set(found.map(([activity]) => activity))].sort()).toEqual([...new Set(withPart)].sort());
  expect(found.filter(([, part]) => part === null)).toEqual([]);
  expect(recorded.filter(([activity, input]) => !withPart.includes(activity) && partOf(activity, input) !== null)).toEqual([]);
});

test('an input that says nothing of a part is of none', () => {
  expect([
    partOf('computeFeatures', {}),
    partOf('recordTrial', { trial: 3 }),
    partOf('recordTrial', undefined),
    partOf('nothing', { view: 'v' }),
  ]).toEqual([null, null, null, null]);
});
