import { expect, test } from '@jest/globals';
import { judgingSettingsSchema, type ColumnResult, type DriftReport } from '../../../contracts/drift.ts';
import { renderDriftPage } from '../../../domain/drift/reportPage.ts';

const ratings: ColumnResult = {
  ...{ column: 'ratings', about: 'input', state: 'drifted', reason: null, effect: 'Wasserstein', value: 0.48, threshold: 0.2, score: 2.4 },
  ...{ test: 'Kolmogorov–Smirnov', p: 0.0005, p_adjusted: 0.003, events: 150, users: 30, most: 'lower', measures: { psi: 0.31 } },
  classes: [
    { label: '0.5', reference: 0.1, live: 0.3, low: 0.05, high: 0.15 },
    { label: '1', reference: 0.9, live: 0.7, low: 0.85, high: 0.95 },
  ],
};
const unknown = { effect: null, value: null, threshold: null, score: null, test: null, p: null, p_adjusted: null, most: null };
const scores: ColumnResult = {
  ...unknown,
  ...{ column: 'scores', about: 'input', state: 'not_judged', reason: 'no <answers>', events: 0, users: 0, measures: {}, classes: [] },
};
const REPORT: DriftReport = {
  ...{
    report_id: '00000000-0000-4000-8000-000000000007',
    run_id: 'drift/<a>',
    model_name: 'ials',
    model_version: '3',
    drifted: true,
    score: 2.4,
  },
  ...{ from: '2026-01-05T00:00:00.000Z', to: '2026-01-12T00:00:00.000Z', created_at: '2026-01-12T05:00:00.000Z', alert: 'waits' },
  verdict: { quality: 'unknown', input: 'moved', says: 'the input moved' },
  settings: judgingSettingsSchema.parse({}),
  reference: { snapshot_id: 'ab'.repeat(32), events: 10_000, users: 200, reason: null },
  ...{ events: 150, users: 30, sampled_events: null, columns: [ratings, scores] },
  pushes: [
    {
      ...{
        push_id: '00000000-0000-4000-8000-000000000008',
        movie_id: '77',
        title: '<script>alert(1)</script>',
        users: 10_000,
        times: 321.4,
      },
      ...{ state: 'held', found_at: '2026-01-12T05:00:00.000Z', decided_by: null, decided_at: null, reason: null },
    },
  ],
};

test('the page needs nothing from elsewhere and runs nothing, whatever a movie is called', () => {
  expect(renderDriftPage(REPORT)).not.toMatch(/<script|<link|<img|https?:|url\(|@import|\son\w+=|drift\/<a>|<answers>/i);
});

test('it says what drifted and draws it, what was not judged and why, and which movie is pushed', () => {
  const page = renderDriftPage(REPORT);
  expect(page).toContain('<h1>ials 3: <span class="refused">drifted</span></h1><p>the input moved.</p>');
  expect(page.match(/<svg/g)).toHaveLength(1);
  expect(page).toContain('no &lt;answers&gt;');
  expect(page).toContain('10000 new users who did next to nothing else, 321 times what the others');
});
