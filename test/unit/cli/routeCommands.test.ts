import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RouteSpec } from '../../../contracts/routes.ts';
import { servedRoute } from '../../support/servedRoutes.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('routes');

const TRIAL: RouteSpec = {
  variants: [
    { name: 'new', weight: 10, models: ['ease@challenger', 'ials/3'] },
    { name: 'old', weight: 30, models: ['ease@champion'] },
  ],
  shadows: [{ name: 'seq', models: ['sasrec@champion'] }],
};
const SERVED = { ...servedRoute('trial', TRIAL, 2), changed_by: 'anna', changed_at: '2026-11-23T22:55:00.000Z', reason: 'try it' };

describe('routes', () => {
  test('list: a line a variant, with the share of users that it answers', async () => {
    const { out } = await ask(['list'], { 'GET /api/v1/routes': { body: { routes: [SERVED] } } });
    expect(cells(out)).toEqual([
      ['ROUTE', 'REVISION', 'VARIANT', 'USERS', 'MODELS', 'BY', 'WHY'],
      ['trial', '2', 'new', '25.0 %', 'ease@challenger, ials/3', 'anna', 'try it'],
      ['old', '75.0 %', 'ease@champion'],
      ['seq', 'shadow', 'sasrec@champion'],
    ]);
  });

  test('list and history: a variant shows by what it puts movies in order', async () => {
    const variants = [
      { ...TRIAL.variants[0]!, diversity: 0.8 },
      { ...TRIAL.variants[1]!, exploration: 0.7, diversity: 0 },
    ];
    const { out } = await ask(['list'], { 'GET /api/v1/routes': { body: { routes: [{ ...SERVED, variants }] } } });
    expect(out).toContain('ease@challenger, ials/3+diversity=0.8');
    expect(out).toMatch(/ease@champion\+exploration=0\.7$/m);
  });

  test('set: a variant takes its knobs, and what is no number or no knob is refused before anybody is asked', async () => {
    await ask(['set', 'trial', '--variant', 'new=10:ease@challenger,ials/3+diversity=0.5+exploration=0.1'], {
      'PUT /api/v1/routes/trial': { body: SERVED },
    });
    expect(asked()).toMatchObject([
      [
        'PUT /api/v1/routes/trial',
        { variants: [{ name: 'new', weight: 10, models: ['ease@challenger', 'ials/3'], diversity: 0.5, exploration: 0.1 }] },
      ],
    ]);
    for (const wrong of ['new=NaN:ease/1', 'new:ease/1+diversity=much', 'new:ease/1+boost=2']) {
      expect(await ask(['set', 'trial', '--variant', wrong])).toMatchObject({ exitCode: 2, err: expect.stringContaining('--variant') });
    }
  });

  test('set: sends the variants as they were given', async () => {
    const args = ['--variant', 'new=10:ease@challenger,ials/3', '--variant', 'old:ease@champion', '--shadow', 'seq:sasrec@champion'];
    await ask(['set', 'trial', ...args, '--reason', 'try it', '--if-revision', '1'], { 'PUT /api/v1/routes/trial': { body: SERVED } });
    expect(asked()).toEqual([
      [
        'PUT /api/v1/routes/trial',
        {
          variants: [
            { name: 'new', weight: 10, models: ['ease@challenger', 'ials/3'] },
            { name: 'old', models: ['ease@champion'] },
          ],
          shadows: [{ name: 'seq', models: ['sasrec@champion'] }],
          reason: 'try it',
          if_revision: 1,
        },
      ],
    ]);
  });

  test('set: takes all routes of a file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mlops-routes-'));
    try {
      const file = path.join(folder, 'routes.json');
      await writeFile(file, JSON.stringify({ trial: TRIAL }));
      const { out } = await ask(['set', '--file', file], { 'PUT /api/v1/routes': { body: { routes: [SERVED] } } });
      expect(asked()).toEqual([['PUT /api/v1/routes', { routes: { trial: TRIAL } }]]);
      expect(out).toContain('ease@challenger');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    [['set', 'trial'], 'name a route and at least one --variant'],
    [['set', 'trial', '--variant', 'ease'], '--variant ease is not NAME[=WEIGHT]:MODEL'],
    [['set', 'trial', '--variant', 'a:ease@champion', '--shadow', 'b=3:ease@champion'], '--shadow b=3:ease@champion is not NAME:MODEL'],
    [['set', '--file', '/nowhere.json'], '/nowhere.json cannot be read as JSON'],
  ])('%p is told what it lacks', async (args, said) => {
    const { err, exitCode } = await ask(args);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(said)]);
    expect(asked()).toEqual([]);
  });

  test('history and undo: what was, and what is again', async () => {
    const change = { revision: 3, spec: TRIAL, restores: 1, changed_at: SERVED.changed_at, changed_by: 'anna', reason: 'worse' };
    const { out } = await ask(['history', 'trial'], { 'GET /api/v1/routes/trial/history': { body: { changes: [change] } } });
    expect(cells(out)[1]).toEqual([
      '3',
      '2026-11-23 22:55:00',
      'back to 1: new=10:ease@challenger,ials/3 old=30:ease@champion',
      'anna',
      'worse',
    ]);
    const undone = await ask(['undo', 'trial', '--to', '0', '--reason', 'worse'], { 'POST /api/v1/routes/trial/undo': { body: null } });
    expect(asked()).toEqual([['POST /api/v1/routes/trial/undo', { to: 0, reason: 'worse' }]]);
    expect(undone.out).toBe('There is no route trial now, as there was none then.\n');
  });
});
