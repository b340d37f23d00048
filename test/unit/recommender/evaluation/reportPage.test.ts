import { expect, test } from '@jest/globals';
import { prepareQuestions } from '../../../../domain/recommender/evaluation/questions.ts';
import { renderReportPage } from '../../../../domain/recommender/evaluation/report/reportPage.ts';
import { judge } from '../../../../domain/recommender/evaluation/gate.ts';
import { tasteSnapshot } from '../samples.ts';
import { evaluate, scoringHeldOut, settings } from './judged.ts';

const snapshot = tasteSnapshot();
const questions = prepareQuestions(snapshot);
const model = {
  digest: 'ab'.repeat(32),
  train_ms: 1200,
  bytes: 3e6,
  parameters: 750_000,
  backend: 'cpu',
  about: ['run training/a1/neural_cf <b>'],
};
const epochs = [3, 2, 1.5].map((loss, nth) => ({
  epoch: nth + 1,
  epochs: 3,
  loss,
  samples_per_s: 1,
  eta_s: 0,
  validation_ndcg_at_10: 0.1 * nth,
  ended_at: '2026-01-01T00:00:00Z',
}));

async function page(note: string) {
  const champion = { version: '3', model: { unanswered: note }, training: null };
  const report = await evaluate(
    snapshot,
    scoringHeldOut(questions, (nth) => nth % 3),
    champion,
  );
  return renderReportPage({ ...report, snapshot_id: 'cd'.repeat(32), verdict: judge({ ...report, bytes: 1 }, settings) }, model, epochs);
}

test('the page needs nothing from elsewhere and runs nothing', async () => {
  const html = await page('its files are gone');
  expect(html).not.toMatch(/<script|<link|<img|https?:|url\(|@import|\son\w+=/i);
  expect(html.startsWith('<!doctype html>')).toBe(true);
});

test('it plots loss and validation by epoch and the slices, and tells the verdict with each rule and every metric', async () => {
  const html = await page('its files are gone');
  expect(html.match(/<svg/g)).toHaveLength(3);
  expect(html).toContain('<polyline class="curve"');
  expect(html).toContain('750,000 parameters, 3.0 MB, trained in 1.2 s on cpu');
  expect(html).toContain('run training/a1/neural_cf &lt;b&gt;');
  for (const part of ['beats_popularity', 'latency_within_budget', 'recall_at_20', 'movie popularity: tail', 'sampled_negatives'])
    expect(html).toContain(part);
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test('what is not ours is shown as text', async () => {
  expect(await page('<b onclick="x">&')).toContain('&lt;b onclick=&quot;x&quot;&gt;&amp;');
});
