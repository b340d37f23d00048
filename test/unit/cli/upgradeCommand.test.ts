import { describe, expect, test } from '@jest/globals';
import type { StackControl } from '../../../cli/session.ts';
import type { UpgradePlan } from '../../../deploy/local/stack/control.ts';
import { invoke } from './invoke.ts';
import { cells } from './scriptedApi.ts';

/** Not in quotes, by which a folder of recordings would be taken for used here. */
const BEFORE = `0.3.0`;
const PLAN: UpgradePlan = {
  from: BEFORE,
  to: '0.4.0+0123456789ab',
  processes: [
    { name: 'worker-training', pid: 7, state: 'running', release: '0.4.0+0123456789ab', is_new: true },
    { name: 'api', pid: 8, state: 'running', release: null, is_new: false },
  ],
  engines: ['postgres', 'kafka', 'temporal'],
  schema: {
    is: 11,
    becomes: 50,
    expand: [{ number: 50, name: 'beside_0_3' }],
    contract: [{ number: 51, name: 'without_0_3' }],
    locked: [{ name: 'registry_runs', rows: 12 }],
  },
  recorded: { [BEFORE]: 18 },
  workflows: [{ workflow: 'driftRetrain', open: 3, replayed: 3, failed: [] }],
  disk: { needed_mb: 210, free_mb: 9_000 },
  not_undone: ['051 takes away what the release before needs'],
  problems: [],
};
const upgrade = (args: string[], stack: Partial<StackControl>) => invoke(['upgrade', ...args], { stack: stack });

describe('upgrade --plan', () => {
  test('tells the steps in their order, what is locked, what is open, and that it is safe', async () => {
    const { exitCode, out } = await upgrade(['--plan'], { planUpgrade: async () => PLAN });
    expect(exitCode).toBe(0);
    expect(out.split('\n').filter((line) => /^\d|^ {3}|^Safe/.test(line))).toEqual([
      '1. Expand the schema from 11 to 50: 50 beside_0_3',
      '   Meanwhile these wait: registry_runs (12 rows)',
      '   210 MB of disk are needed, 9000 MB are free.',
      '2. Replace the processes, each once the new one could answer: api',
      '   postgres, kafka, temporal go on.',
      '3. Contract the schema: 51 without_0_3',
      '   Not undone: 051 takes away what the release before needs.',
      'Safe.',
    ]);
    expect(out).toContain('Recorded runs that this code is tested to go on with: 18 of 0.3.0.');
    expect(cells(out)).toContainEqual(['worker-training', '7', 'running', 'this one']);
    expect(cells(out)).toContainEqual(['api', '8', 'running', 'not told']);
    expect(cells(out)).toContainEqual(['driftRetrain', '3', '3', '0']);
  });

  test('exit 1 and each reason where it is not safe', async () => {
    const problems = ['the run a of driftRetrain would stand still: nondeterminism'];
    const { exitCode, out } = await upgrade(['--plan'], { planUpgrade: async () => ({ ...PLAN, problems }) });
    expect({ exitCode, last: out.trimEnd().split('\n').at(-1) }).toEqual({ exitCode: 1, last: `Not safe: ${problems[0]}` });
    const asJson = await upgrade(['--plan', '--json'], { planUpgrade: async () => ({ ...PLAN, problems }) });
    expect(JSON.parse(asJson.out)).toEqual({ safe: false, ...PLAN, problems });
  });

  test('is made from a release that is named', async () => {
    const asked: unknown[] = [];
    await upgrade(['--plan', '--from', BEFORE], { planUpgrade: async (_config, from) => (asked.push(from), PLAN) });
    expect(asked).toEqual([BEFORE]);
  });
});

test('upgrade starts this release in the place of the one that runs; --from alone is wrong usage', async () => {
  const started: (readonly string[])[] = [];
  const start = async (args: readonly string[]) => started.push(args) - 1;
  expect(await upgrade([], { start })).toMatchObject({ exitCode: 0 });
  expect(started).toEqual([['--upgrade']]);
  expect(await upgrade(['--from', BEFORE], { start })).toMatchObject({ exitCode: 2, err: expect.stringContaining('--plan') });
});
