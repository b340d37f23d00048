import { z } from 'zod';
import { waitFor } from '../support/waitFor.ts';

const PATIENCE = { timeoutMs: 300_000, everyMs: 500 };
const DAY_MS = 86_400_000;
const DRIFTING_USERS = 80; // what a user had chosen before is not counted

const answered = z.object({
  recommendation_id: z.string(),
  recommendations: z.array(z.object({ movie_id: z.string() })),
});

interface Places {
  /** Of a stack that has done its main job with `popularity` alone */
  readonly apiUrl: string;
  /** Where its ingest worker shows metrics */
  readonly ingestUrl: string;
}

/** Does to a stack what makes each metric of the dashboards have a figure. */
export function createTraffic({ apiUrl, ingestUrl }: Places) {
  const ask = (page: string, url = apiUrl) =>
    fetch(url + page).then(
      (answer) => answer.text(),
      () => undefined, // while the stack starts nobody answers
    );
  async function post<T>(page: string, body: unknown, schema: z.ZodType<T>, method = 'POST'): Promise<T> {
    const answer = await fetch(apiUrl + page, {
      ...{ method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    });
    if (!answer.ok) throw new Error(`${page} answers ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return schema.parse(await answer.json());
  }
  const tell = (page: string, body: unknown, method?: string) => post(page, body, z.unknown(), method);
  const start = async (workflow: string, input: object) =>
    (await post('/api/v1/runs', { workflow, input }, z.object({ run_id: z.string() }))).run_id;
  const untilDone = (id: string) =>
    waitFor(
      id,
      async () => {
        const { state } = z.object({ state: z.string() }).parse(JSON.parse((await ask(`/api/v1/runs/${id}`)) ?? '{}'));
        if (['failed', 'cancelled'].includes(state)) throw new Error(`it ${state}`);
        return state === 'success';
      },
      PATIENCE,
    );
  const run = async (workflow: string, input: object = {}) => untilDone(await start(workflow, input));

  return {
    /** Each second: readers, of whom one asks a model that is not there. */
    readers: () =>
      Promise.all(
        ['/?k=5', '/api/v1/recommendations?k=3', '/api/v1/recommendations?k=3&user_id=2', '/api/v1/features/movie/1'].map((page) =>
          ask(page),
        ),
      ),

    /** Somebody likes, rates and watches what they were shown, and says which answer it was. */
    async users() {
      const shown = answered.parse(JSON.parse((await ask('/api/v1/recommendations?k=3&user_id=1'))!));
      const [liked, rated, watched] = shown.recommendations.map(({ movie_id }) => movie_id);
      const did = { user_id: '1', recommendation_id: shown.recommendation_id, session_id: 'monitored' };
      const events = [
        { ...did, movie_id: liked, interaction_type: 'like' },
        { ...did, movie_id: rated, interaction_type: 'rating', rating: 5 },
        { ...did, movie_id: watched, interaction_type: 'watch' },
      ];
      await tell('/api/v1/events/user-interaction', { events });
    },

    /** A week in which users rate otherwise, and a look back at it. */
    async drift() {
      const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
      const events = Array.from({ length: 5 * DRIFTING_USERS }, (_, nth) => ({
        ...{ user_id: String(1 + (nth % DRIFTING_USERS)), movie_id: String(1 + Math.floor(nth / DRIFTING_USERS)) },
        ...{ interaction_type: 'rating', rating: 1, timestamp: new Date(today - 3 * DAY_MS + nth * 1_000).toISOString() },
      }));
      const taken = async () =>
        Number(/^events_taken_total\{.*"user-events".*\} (\d+)$/m.exec((await ask('/metrics', ingestUrl)) ?? '')?.[1] ?? 0);
      const before = await taken();
      await tell('/api/v1/events/user-interaction', { events });
      await waitFor('the events to be recorded', async () => (await taken()) >= before + events.length, PATIENCE);
      await run('driftMonitor', { until: new Date(today).toISOString() });
    },

    /** A service has too much to do, and a message cannot be read. */
    async trouble() {
      for (let sample = 0; sample < 3; sample += 1)
        await tell('/api/v1/trigger/system-overload', { service_name: 'movie-api', cpu_usage: 95, memory_usage: 88.5 });
      await tell('/api/v1/events/topics/user-events/messages', { value: 'no JSON' });
    },

    /** A training that takes its time, so that its loss is seen; then a version that waits for a rollout, which begins. */
    async training() {
      await run('movieTrainingPipeline', { models: [{ kind: 'neural_cf', epochs: 3 }] });
      await run('movieTrainingPipeline', { models: [{ kind: 'popularity' }], gate: { promote: false } });
      // The default route does not ask this model: where no other has learnt it answers by itself.
      await tell('/api/v1/routes/monitored', { variants: [{ name: 'main', models: ['popularity@champion'] }] }, 'PUT');
      await tell('/api/v1/canaries', {
        ...{ route: 'monitored', model: 'popularity', version: '2' },
        check_seconds: 5,
        stages: [{ share: 0.5, min_minutes: 5 }, { share: 1 }],
      });
    },

    async upkeep() {
      await run('fullSystemCheck');
      await run('backup');
      await run('restoreDrill');
    },
  };
}
