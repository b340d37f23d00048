import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHANGE_SUBJECTS } from '../../../contracts/changes.ts';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { followCalls, isAbout, isToldOf, noteCall } from '../../../console/api/asked.ts';
import { eventsIn } from '../../../console/api/eventsIn.ts';
import { subjectsOf } from '../../../domain/changes/subjectsOf.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const migration = readFileSync(path.join(PROJECT_ROOT, 'data', 'migrations', '059.do.changes_told.sql'), 'utf8');
const tables = [...migration.matchAll(/^create trigger \w+ after .*? on (\w+) for each row execute function tell_change/gm)].map(
  ([, table]) => table!,
);

describe('what has changed', () => {
  test('is told by the names that the API has', () => {
    expect(CHANGE_SUBJECTS.filter((subject) => !(subject in ENDPOINTS))).toEqual([]);
  });

  test('has a subject for each table whose changes are told, and for what the audit log names', () => {
    expect(tables.length).toBeGreaterThan(8);
    expect(tables.filter((table) => subjectsOf(table).length === 0)).toEqual([]);
    const audited = [
      ...readFileSync(path.join(PROJECT_ROOT, 'data', 'migrations', '048.do.audit_log.sql'), 'utf8').matchAll(
        /_audited after .*? on (\w+)/g,
      ),
    ];
    expect(audited.map(([, table]) => table!).filter((table) => subjectsOf(table).length === 0)).toEqual([]);
    expect(subjectsOf('nobody_knows')).toEqual([]);
  });
});

describe('a question', () => {
  test('is about what it calls, whatever it calls while it goes on', () => {
    const { signal } = new AbortController();
    const calls = followCalls(signal);
    noteCall(signal, 'runs.list');
    noteCall(new AbortController().signal, 'models.list');
    noteCall(undefined, 'drift.list');
    expect([...calls]).toEqual(['runs.list']);
    expect([isAbout(calls, ['runs']), isAbout(calls, ['models', 'drift']), isAbout(calls, [])]).toEqual([true, false, false]);
  });

  test('is asked seldom only where all of it is told of', () => {
    const told = (...calls: string[]) => isToldOf(new Set(calls));
    expect([told('runs.list'), told('runs.list', 'models.list'), told('runs.list', 'topics.groups'), told()]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

test('events come whole out of whatever pieces they arrive in; a sign of life is none', async () => {
  const text = 'retry: 2000\nid: a-1\nevent: ready\ndata: {}\n\n:\n\nid: a-2\ndata: {"subjects":["runs"]}\n\ndata: 영화\n\n';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, bytes.length]) {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, (at += size)));
      },
    });
    let signs = 0;
    const events = [];
    for await (const event of eventsIn(body, () => (signs += 1))) events.push(event);
    expect(events).toEqual([
      { id: 'a-1', data: '{}' },
      { id: 'a-2', data: '{"subjects":["runs"]}' },
      { id: undefined, data: '영화' },
    ]);
    expect(signs).toBe(Math.ceil(bytes.length / size));
  }
});
