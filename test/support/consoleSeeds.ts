import type { DriftReport } from '../../contracts/drift.ts';
import { judgingSettingsSchema } from '../../contracts/drift.ts';
import { closeDecision, openDecision } from '../../domain/drift/decisions.ts';
import { alertOfReport } from '../../domain/drift/alertOfReport.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TestApi } from './api.ts';

const DAY_MS = 86_400_000;

/** A picture of one pixel, as a host of images sends it. */
export const PICTURE = {
  status: 200,
  headers: { 'content-type': 'image/png' },
  body: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
};

/** Movie 9, of which TMDB has a poster. */
export async function seedPoster(pool: Pool): Promise<void> {
  await pool.query(`insert into movies (movie_id, title, genres, source) values (9, 'A Film with a Poster', '{Drama}', 'movielens')`);
  await pool.query(`insert into movie_external_ids values ('tmdb', '9', 9)`);
  await pool.query(
    `insert into tmdb_movies (tmdb_id, title, genre_ids, poster_path, fetched_at) values (9, 'A Film with a Poster', '{}', '/p.png', now())`,
  );
}

/** Three messages of user-events, one of them of u42. */
export async function seedMessages(kafka: Kafka): Promise<void> {
  const producer = kafka.createProducer();
  const messages = ['u41', 'u42', 'u43'].map((user) => ({
    key: user,
    value: JSON.stringify({ user_id: user, movie_id: '1', interaction_type: 'like' }),
    headers: { ce_type: 'movie_mlops.user_interaction' },
  }));
  await producer.send('user-events', messages);
  await producer.close();
}

/** Ratings of movie 1 over half a year: the latest at hand, all of them kept. */
export async function seedFeatures(api: TestApi): Promise<void> {
  const times = Array.from({ length: 7 }, (_, month) => new Date(Date.now() - (6 - month) * 31 * DAY_MS).toISOString());
  const rows = {
    movie_id: times.map(() => 1),
    event_timestamp: times,
    rating: times.map((_, month) => 3 + month / 5),
    rating_count: times.map((_, month) => 10 * (month + 1)),
    popularity: times.map((_, month) => 12 * (month + 1)),
    popularity_7d: times.map(() => 3),
    popularity_30d: times.map(() => 11),
    genre: times.map((_, month) => (month < 2 ? null : 'Animation')),
    genres: times.map(() => ['Animation']),
    release_year: times.map(() => 1995),
    age_days: times.map((_, month) => 9_000 + 31 * month),
  };
  const { status, body } = await api.call('POST', '/api/v1/features/push', {
    json: { view: 'movie_features', rows, to: 'online_and_offline' },
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

/** A report of a drift that held, with the training that its alert led to. @returns its id */
export async function seedRetrainedDrift(pool: Pool): Promise<string> {
  const report: DriftReport = {
    report_id: '019ad1c2-0000-7000-8000-00000000d01f',
    run_id: 'drift/seeded',
    model_name: 'ials',
    model_version: '1',
    from: new Date(Date.now() - 8 * DAY_MS).toISOString(),
    to: new Date(Date.now() - DAY_MS).toISOString(),
    drifted: true,
    score: 2.1,
    verdict: { quality: 'hurt', input: 'moved', says: 'Answers do worse: fewer are clicked than when the version was new' },
    alert: 'sent',
    created_at: new Date(Date.now() - DAY_MS).toISOString(),
    settings: judgingSettingsSchema.parse({}),
    reference: { snapshot_id: null, events: 900, users: 80, reason: null },
    ...{ events: 400, users: 60, sampled_events: null, columns: [], pushes: [] },
  };
  await pool.query(
    `insert into drift_reports (report_id, run_id, model_name, model_version, window_from, window_to, drifted, report, html_uri, created_at)
     values ($1, $2, 'ials', '1', $3, $4, true, $5, 'blob:none', $6)`,
    [report.report_id, report.run_id, report.from, report.to, JSON.stringify(report), report.created_at],
  );
  const alert = alertOfReport(report.report_id);
  await pool.query(
    `insert into drift_alerts (event_id, model_name, drift_score, threshold, alert, signalled_at) values ($1, 'ials', 2.1, 1, $2, now())`,
    [alert, JSON.stringify({ report_id: report.report_id, quality: 'hurt' })],
  );
  await openDecision(pool, { run_id: 'training/drifted', model_name: 'ials', alerts: [alert], most_a_day: 4 });
  await closeDecision(pool, { run_id: 'training/drifted', outcome: 'promoted', version: '2', reason: 'it passed the gate' });
  return report.report_id;
}
