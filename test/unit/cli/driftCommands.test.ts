import { describe, expect, test } from '@jest/globals';
import type { DriftDecision, DriftReport, DriftSummary, Push } from '../../../contracts/drift.ts';
import { judgingSettingsSchema } from '../../../contracts/drift.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('drift');

const ID = '00000000-0000-4000-8000-000000000007';
const SUMMARY: DriftSummary = {
  ...{ report_id: ID, run_id: 'drift/a', model_name: 'ials', model_version: '3', drifted: true, score: 2.4, alert: 'waits' },
  ...{ from: '2026-01-05T00:00:00.000Z', to: '2026-01-12T00:00:00.000Z', created_at: '2026-01-12T05:00:00.000Z' },
  verdict: { quality: 'holds', input: 'moved', says: 'the input moved, but answers do as well as before' },
};
const PUSH: Push = {
  ...{ push_id: ID, movie_id: '77', title: 'Movie 77', users: 10_000, times: 1234.5, state: 'held', found_at: '2026-01-12T05:00:00.000Z' },
  ...{ decided_by: null, decided_at: null, reason: null },
};
const NONE = {
  effect: null,
  value: null,
  threshold: null,
  score: null,
  test: null,
  p: null,
  p_adjusted: null,
  most: null,
  measures: {},
  classes: [],
};
const REPORT: DriftReport = {
  ...SUMMARY,
  settings: judgingSettingsSchema.parse({}),
  reference: { snapshot_id: 'ab', events: 10, users: 2, reason: null },
  ...{ events: 150, users: 30, sampled_events: null, pushes: [PUSH] },
  columns: [
    { ...NONE, column: 'ratings', about: 'input', state: 'drifted', reason: null, value: 0.48, threshold: 0.2, score: 2.4, p: 0.0005, p_adjusted: 0.003, most: 'lower', events: 150, users: 30 }, // prettier-ignore
    { ...NONE, column: 'hr_at_10', about: 'quality', state: 'not_judged', reason: 'no choices in the window', events: 0, users: 0 },
  ],
};

const DECISION: DriftDecision = {
  ...{
    run_id: 'training/drift-ials-a',
    model_name: 'ials',
    alerts: [ID],
    report_id: ID,
    quality: 'hurt',
    drift_score: 2.4,
    outcome: 'kept',
  },
  ...{ version: '4', reason: 'the champion stays: loss', held_choices: 0, started_at: '2026-01-12T05:00:00.000Z', decided_at: null },
};

describe('drift', () => {
  test('list: the verdict of each report, and what became of it', async () => {
    const { out } = await ask(['list', '--model', 'ials'], { 'GET /api/v1/drift/reports': { body: { reports: [SUMMARY] } } });
    expect(asked()).toEqual([['GET /api/v1/drift/reports?model=ials', undefined]]);
    expect(cells(out)[1]!.slice(1)).toEqual(['ials 3', '2026-01-12', 'yes', 'holds', 'waits', ID]);
  });

  test('show: each column with how far it moved, or why it was not judged, and pushes', async () => {
    const { out } = await ask(['show', ID], { [`GET /api/v1/drift/reports/${ID}`]: { body: REPORT } });
    expect(out).toContain('ials 3, 2026-01-05 to before 2026-01-12: 150 choices of 30 users');
    expect(out).toMatch(/ratings +drifted +0\.480 +0\.200 +0\.0030 +lower/);
    expect(out).toMatch(/hr_at_10 +not_judged +- +- +- +no choices in the window/);
    expect(out).toMatch(/Movie 77 +10000 +1235× +held/);
  });

  test('run starts a driftMonitor of what was asked', async () => {
    await ask(['run', '--model', 'ials', '--days', '14', '--no-wait', '--run', 'a'], {
      'POST /api/v1/runs': { status: 202, body: { run_id: 'drift/a' } },
    });
    expect(asked()[0]![1]).toEqual({ workflow: 'driftMonitor', input: { models: ['ials'], window_days: 14 }, run: 'a' });
  });

  test('consequence: the alert of a report and the training that it led to, or why there is none', async () => {
    const path = `GET /api/v1/drift/reports/${ID}/consequence`;
    const none = { alert: null, retraining: null, run_id: 'drift-retrain/ials' };
    expect((await ask(['consequence', ID], { [path]: { body: { ...none, state: 'waits' } } })).out).toBe(
      'The drift must hold for the next window too before there is an alert.\n',
    );
    const alert = { event_id: ID, report_id: ID, received_at: null };
    const { out } = await ask(['consequence', ID], { [path]: { body: { ...none, alert, retraining: DECISION, state: 'retrained' } } });
    expect(out).toContain(`alert ${ID}, of report ${ID}\n`);
    expect(out).toMatch(/ials +hurt +kept +4 +training\/drift-ials-a/);
  });

  test('decisions: what became of each training, and why', async () => {
    const { out } = await ask(['decisions'], { 'GET /api/v1/drift/decisions': { body: { decisions: [DECISION] } } });
    expect(cells(out)[1]!.slice(1)).toEqual(['ials', 'hurt', 'kept', '4', 'training/drift-ials-a', 'the champion stays: loss']);
  });

  test.each(['approve', 'reject'])('%s decides on a push, with the reason', async (decision) => {
    await ask([decision, ID, '--reason', 'a premiere'], { [`POST /api/v1/drift/pushes/${ID}/decision`]: { body: PUSH } });
    expect(asked()).toEqual([[`POST /api/v1/drift/pushes/${ID}/decision`, { decision, reason: 'a premiere' }]]);
  });
});
