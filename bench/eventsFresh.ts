import { setTimeout as sleep } from 'node:timers/promises';
import { events } from '../contracts/endpoints/events.ts';
import { recommendations } from '../contracts/endpoints/recommendations.ts';
import type { RecommendAnswer } from '../contracts/recommendations.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { openAsker, type Asker } from './eventsAsk.ts';
import { emptyTables, startBuilt, viewOf, type EventsPlace } from './eventsPlace.ts';
import { printVerdict, quantile } from './figures.ts';
import { startOurs } from './servingServers.ts';

const EVENTS_PER_SECOND = 200;
const MOST_MS = 1_000;
/** Users who are watched at once. */
const WATCHED = 2;
const PREFIX = 'fresh.';
const ROUTE = 'ease';
const WARM_UP_MS = 3_000;
const CONNECTIONS = 16;

/**
 * From the moment in which a user's event is sent to the end of the first answer that no longer recommends the movie it names, while others send as many
 * events a second as is promised for. Both go to the API; the answer is asked for again and again.
 */
export async function measureFresh(place: EventsPlace): Promise<void> {
  await emptyTables(place);
  const serving = place.keep(await startOurs(place.data));
  const api = await startBuilt(place, 'api', { KAFKA_TOPIC_PREFIX: PREFIX, SERVING_URL: serving.url });
  const worker = await startBuilt(place, 'worker-ingest', { KAFKA_TOPIC_PREFIX: PREFIX });
  const watching = openAsker(api.url, WATCHED);
  await waitFor('a recommendation', async () => (await topOf(watching, place.data.users[0]!)).movies.length > 0);

  const until = performance.now() + WARM_UP_MS + (place.quick ? 30_000 : 180_000);
  const load = sendSteadily(api.url, until);
  load.catch(() => undefined); // it is waited for below
  await sleep(WARM_UP_MS);
  const watches = Array.from({ length: WATCHED }, (_, nth) => watch(watching, { users: place.data.users, from: nth, until }));
  const [sent, ...watched] = await Promise.all([load, ...watches]);
  await watching.close();
  const changes = watched.flatMap(({ changesMs }) => changesMs);
  const answers = watched.flatMap(({ answersMs }) => answersMs);
  const [p50, p99] = [quantile(changes, 0.5), quantile(changes, 0.99)];
  console.log(
    `fresh: ${changes.length} changes of recommendations at ${sent.perSecond.toFixed(0)} events/s: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ` +
      `most ${Math.max(...changes).toFixed(0)} ms; of which an answer alone takes p50 ${quantile(answers, 0.5).toFixed(0)} ms, p99 ${quantile(answers, 0.99).toFixed(0)} ms`,
  );
  const isAsFast = sent.perSecond >= 0.99 * EVENTS_PER_SECOND;
  printVerdict(
    isAsFast && p99 < MOST_MS,
    `event to changed recommendation within ${MOST_MS} ms at ${EVENTS_PER_SECOND}/s, p99`,
    `${p99.toFixed(0)} ms`,
  );
  await Promise.all([api.stop(), worker.stop(), serving.stop()]);
}

/** Sends as many as are due, whether those before were answered or not. @throws where one is not taken */
async function sendSteadily(url: string, until: number): Promise<{ perSecond: number }> {
  const { ask, close } = openAsker(url, CONNECTIONS);
  const startedAt = performance.now();
  const failures: unknown[] = [];
  const sending: Promise<unknown>[] = [];
  while (performance.now() < until && failures.length === 0) {
    const due = Math.floor(((performance.now() - startedAt) * EVENTS_PER_SECOND) / 1_000);
    while (sending.length < due)
      sending.push(ask(events.interaction.path, viewOf(sending.length)).catch((error: unknown) => failures.push(error)));
    await sleep(5);
  }
  await Promise.all(sending);
  const seconds = (performance.now() - startedAt) / 1_000;
  await close();
  if (failures.length > 0) throw failures[0];
  return { perSecond: sending.length / seconds };
}

interface Watched {
  readonly changesMs: number[];
  readonly answersMs: number[];
}

/** One user after the other sees the first movie of what they are recommended, and asks until it is gone. */
async function watch(asker: Asker, { users, from, until }: { users: readonly string[]; from: number; until: number }): Promise<Watched> {
  const watched: Watched = { changesMs: [], answersMs: [] };
  for (let nth = from; performance.now() < until; nth += WATCHED) {
    const user_id = users[nth % users.length]!;
    const [movie_id] = (await topOf(asker, user_id)).movies;
    const sentAt = performance.now();
    await asker.ask(events.interaction.path, { user_id, movie_id: movie_id!, interaction_type: 'view' });
    for (;;) {
      const { movies, tookMs } = await topOf(asker, user_id);
      watched.answersMs.push(tookMs);
      if (!movies.includes(movie_id!)) break;
    }
    watched.changesMs.push(performance.now() - sentAt);
  }
  return watched;
}

async function topOf({ ask }: Asker, user_id: string): Promise<{ movies: string[]; tookMs: number }> {
  const askedAt = performance.now();
  const query = new URLSearchParams({ k: '10', user_id, route: ROUTE });
  const answer = (await ask(`${recommendations.get.path}?${query.toString()}`)) as RecommendAnswer;
  return { movies: answer.recommendations.map(({ movie_id }) => movie_id), tookMs: performance.now() - askedAt };
}
