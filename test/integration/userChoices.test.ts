import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { UserInteractionEvent } from '../../contracts/events.ts';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { readUsers } from '../../domain/recommender/batch/batchUsers.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { createSeenReader } from '../../domain/serving/seen.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';

/** A rating of the table `ratings` (a number), or an event: its type and the rating that it carries, if any. In the order of time. */
type Done = number | readonly [type: string, rating?: number];

interface Case {
  readonly done: readonly Done[];
  readonly opinion: string | null;
  readonly rating?: number;
  /** Where it goes without an opinion */
  readonly isChosen?: boolean;
  /** Which of them counts */
  readonly nth: number;
}

const CASES: Readonly<Record<string, Case>> = {
  'a rating': { done: [4], opinion: 'rating', rating: 4, nth: 0 },
  'an event without opinion': { done: [['view']], opinion: null, nth: 0 },
  'the latest of events without opinion': { done: [['view'], ['purchase']], opinion: null, nth: 1 },
  'a rating that was looked at later': { done: [4, ['view'], ['click'], ['watch'], ['purchase']], opinion: 'rating', rating: 4, nth: 0 },
  'a like that was looked at later': { done: [['like'], ['view']], opinion: 'like', nth: 0 },
  'a dislike that was looked at later': { done: [['dislike'], ['watch']], opinion: 'dislike', nth: 0 },
  'a dislike after a like': { done: [['like'], ['dislike']], opinion: 'dislike', nth: 1 },
  'a dislike after a rating': { done: [5, ['dislike']], opinion: 'dislike', nth: 1 },
  'a like after a dislike': { done: [['dislike'], ['like']], opinion: 'like', nth: 1 },
  'a like after a rating': { done: [2, ['like']], opinion: 'like', nth: 1 },
  'a rating event after a rating': { done: [2, ['rating', 5]], opinion: 'rating', rating: 5, nth: 1 },
  'a view that carries a rating': { done: [['dislike'], ['view', 4.5]], opinion: 'rating', rating: 4.5, nth: 1 },
  'a dislike that carries a rating': { done: [['dislike', 5]], opinion: 'rating', rating: 5, nth: 0 },
  'a like that carries a rating': { done: [['like', 1]], opinion: 'rating', rating: 1, nth: 0 },
  'a rating event that carries none, after a rating': { done: [3, ['rating']], opinion: 'rating', rating: 3, nth: 0 },
  'a skip': { done: [['skip']], opinion: null, isChosen: false, nth: 0 },
  'a skip after a look': { done: [['view'], ['skip']], opinion: null, nth: 0 },
  'a look after a skip': { done: [['skip'], ['view']], opinion: null, nth: 1 },
  'a skip after a like': { done: [['like'], ['skip']], opinion: 'like', nth: 0 },
  'a skip after a dislike': { done: [['dislike'], ['skip']], opinion: 'dislike', nth: 0 },
  'a skip after a rating': { done: [4, ['skip']], opinion: 'rating', rating: 4, nth: 0 },
  'a skip that carries a rating': { done: [['skip', 2]], opinion: 'rating', rating: 2, nth: 0 },
};
const at = (nth: number) => new Date(Date.UTC(2026, 0, 1 + nth));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query("insert into movies (movie_id, title, source) values (1, 'One', 'test')");
  for (const [user, { done }] of Object.entries(CASES)) {
    for (const [nth, what] of done.entries()) {
      if (typeof what === 'number') await pool.query(`insert into ratings values ($1, 1, $2, $3, 'test')`, [user, what, at(nth)]);
      else {
        await pool.query(
          `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at)
           values (gen_random_uuid(), $1, 1, $2, $3, $4)`,
          [user, what[0], what[1] ?? null, at(nth)],
        );
      }
    }
  }
});
afterAll(() => database.drop());

const readTraining = () => readInteractions(database.pool, new AbortController().signal);

describe.each(Object.entries(CASES))('what a user says by %s', (user, { opinion, rating, nth, ...rest }) => {
  const isChosen = rest.isChosen ?? opinion !== 'dislike';

  test('is told by the view', async () => {
    const { rows } = await database.pool.query(
      'select movie_id, opinion, rating, is_chosen, happened_at from user_choices where user_id = $1',
      [user],
    );
    expect(rows).toEqual([{ movie_id: 1, opinion, is_chosen: isChosen, happened_at: at(nth), rating: rating ?? null }]);
  });

  test('is what models learn from, what they are asked with, and what a batch asks with', async () => {
    const { interactions } = await readTraining();
    const learnt = [...interactions.userIndex.keys()]
      .filter((row) => interactions.users.ids[interactions.userIndex[row]!] === user)
      .map((row) => ({ rating: interactions.rating[row], at: interactions.ratedAt[row] }));
    expect(learnt).toEqual(isChosen ? [{ rating: rating ?? Number.NaN, at: at(nth).getTime() }] : []);
    const chosen = isChosen ? ['1'] : [];
    expect(await createSeenReader({ db: database.pool, log: silentLog })(user)).toEqual({
      movies: new Set(['1']),
      chosen,
      regretted: new Set(isChosen && rating !== undefined && rating <= 2 ? ['1'] : []),
      disliked: opinion === 'dislike' ? ['1'] : [],
      from: 'database',
    });
    const users = await readUsers(database.pool, { after: '', upTo: '~' });
    expect(users.find(({ user_id }) => user_id === user)).toEqual({ user_id: user, movies: ['1'], chosen });
  });
});

describe('what a user chose', () => {
  test('is theirs too where the catalogue lacks the movie, and nothing to learn from', async () => {
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at)
       values (gen_random_uuid(), 'early', 404, 'rating', 5, now())`,
    );
    const { chosen } = await createSeenReader({ db: database.pool, log: silentLog })('early');
    expect(chosen).toEqual(['404']);
    expect((await readTraining()).interactions.users.ids).not.toContain('early');
  });

  test('is not what an event of the future says, until its day has come; a clock that is ahead is borne', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    const tell = (user: string, type: string, hours: number) =>
      database.pool.query(
        `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at)
         values (gen_random_uuid(), $1, 1, $2, null, $3)`,
        [user, type, inHours(hours)],
      );
    await tell('ahead', 'dislike', -1);
    await tell('ahead', 'like', 24 * 365 * 70);
    await database.pool.query("insert into ratings values ('rated ahead', 1, 4, now(), 'test')");
    await tell('rated ahead', 'dislike', 24 * 365 * 70);
    await tell('only ahead', 'view', 24 * 2);
    await tell('fast clock', 'dislike', -1);
    await tell('fast clock', 'like', 1);
    const { rows } = await database.pool.query(
      "select user_id, opinion from user_choices where user_id like '% ahead' or user_id in ('ahead', 'fast clock') order by user_id",
    );
    expect(rows).toEqual([
      { user_id: 'ahead', opinion: 'dislike' },
      { user_id: 'fast clock', opinion: 'like' },
      { user_id: 'rated ahead', opinion: 'rating' },
    ]);
  });

  test('in one moment is in the order in which the events came in, after what a set brought; of two opinions the later counts', async () => {
    const moment = at(0).toISOString();
    const event = (movie_id: string, interaction_type: UserInteractionEvent['interaction_type']) => ({
      event_id: randomUUID(),
      user_id: 'quick',
      movie_id,
      interaction_type,
      timestamp: moment,
    });
    await database.pool.query(
      "insert into movies (movie_id, title, source) values (2, 'Two', 'test'), (3, 'Three', 'test'), (4, 'Four', 'test')",
    );
    await database.pool.query("insert into ratings values ('quick', 4, 3, $1, 'test', 900), ('quick', 3, 3, $1, 'test', 901)", [moment]);
    await recordInteractions(database.pool, [event('2', 'view'), event('1', 'like'), event('4', 'like'), event('3', 'dislike')]);
    const inOrder = ['2', '1', '4'];
    const { interactions } = await readTraining();
    const own = [...interactions.userIndex.keys()].filter((row) => interactions.users.ids[interactions.userIndex[row]!] === 'quick');
    expect(own.map((row) => interactions.movies.ids[interactions.movieIndex[row]!])).toEqual(inOrder);
    expect((await createSeenReader({ db: database.pool, log: silentLog })('quick')).chosen).toEqual(inOrder);
    expect((await readUsers(database.pool, { after: 'quicj', upTo: 'quick' }))[0]!.chosen).toEqual(inOrder);
  });

  test('in one moment is ordered by the seed where nobody knows the order, the same for the same seed', async () => {
    await database.pool.query(
      `insert into movies (movie_id, title, source) select n, 'Movie ' || n, 'test' from generate_series(100, 139) n`,
    );
    await database.pool.query("insert into ratings select 'old', n, 3, '2001-01-01', 'test' from generate_series(100, 139) n");
    const orderOf = async (seed: number) => {
      const asked = { definitions: DEFINITIONS, references: [], seed };
      const { interactions } = await readInteractions(database.pool, new AbortController().signal, asked);
      const own = [...interactions.userIndex.keys()].filter((row) => interactions.users.ids[interactions.userIndex[row]!] === 'old');
      return own.map((row) => Number(interactions.movies.ids[interactions.movieIndex[row]!]));
    };
    const [first, again, other] = [await orderOf(1), await orderOf(1), await orderOf(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first).not.toEqual(first.toSorted((a, b) => a - b));
  });

  test('is told by no other SQL: none judges by the type of an event', async () => {
    const folder = path.resolve(import.meta.dirname, '../..');
    const rooms = ['activities', 'api', 'domain', 'jobs', 'serving', 'workers'];
    const judging: string[] = [];
    for (const room of rooms) {
      for (const name of await readdir(path.join(folder, room), { recursive: true })) {
        if (!name.endsWith('.ts')) continue;
        const text = await readFile(path.join(folder, room, name), 'utf8');
        if (/interaction_type\s*(<>|=|!=|in\b|not\b|is\b|like\b)/.test(text)) judging.push(`${room}/${name}`);
      }
    }
    expect(judging).toEqual([]);
  });
});
