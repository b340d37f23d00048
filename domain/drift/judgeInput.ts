import { DRIFT_COLUMNS, type DriftColumn, type JudgingSettings } from '../../contracts/drift.ts';
import { ratingOfClass, RATING_CLASSES } from '../recommender/data/ratings.ts';
import { createRandom } from '../recommender/numeric/random.ts';
import { judgeClasses, judgeGrowth, judgeNumbers, judgeOrdered, notJudged, type Sized, type Uncorrected } from './judgeColumn.ts';
import type { Reference } from './reference.ts';
import { drawWindows, tallyOf } from './resample.ts';
import { countSessions, NO_RATING, sizesOf, type Sessions } from './sessions.ts';

export interface Live {
  readonly sessions: Sessions;
  /** Users whom the reference does not know */
  readonly newUsers: number;
  /** Choices of movies that nobody had chosen in the reference */
  readonly newItems: number;
}

export type Limits = Pick<JudgingSettings, 'min_events' | 'min_users'> & {
  readonly thresholds: Partial<Record<DriftColumn, number | undefined>>;
};

const INPUT = ['ratings', 'genres', 'items', 'activity', 'new_users', 'new_items'] as const;
/** Among rare genres one is nearly always far off by chance, and drowns the others. */
const RARE_GENRE = 0.02;
const SEED = 20_260_101; // the same window gets the same verdict

/** How what came in differs from what the model learnt from; a string says why there is nothing to compare with. */
export function judgeInput(reference: Reference | string, live: Live, limits: Limits): Uncorrected[] {
  const { sessions } = live;
  const [events, users] = [sessions.movie.length, countSessions(sessions)];
  const sized = (column: DriftColumn): Sized => ({ column, events, users, threshold: thresholdOf(column, limits) });
  const why = typeof reference === 'string' ? reference : tooFew({ events, users }, limits);
  if (typeof reference === 'string' || why !== undefined) return INPUT.map((column) => notJudged(sized(column), why!));

  const drawn = drawWindows(reference, sessions, createRandom(SEED));
  const [known, now] = [tallyOf(reference, reference.sessions), tallyOf(reference, sessions)];
  const classes = (of: 'genres' | 'items', labels: readonly string[]) => ({
    ...{ labels, reference: known[of], referenceRows: known.rows, live: now[of], liveRows: now.rows },
    drawn: drawn.map((tally) => ({ counts: tally[of], rows: tally.rows })),
  });
  const ofKnown = tooFew({ events: now.rows, users }, limits, 'movies that the model knows');
  const unlessFew = (column: DriftColumn, judge: () => Uncorrected) =>
    ofKnown === undefined ? judge() : notJudged({ ...sized(column), events: now.rows }, ofKnown);
  return [
    judgeRatings(),
    unlessFew('genres', () => judgeClasses(sized('genres'), { ...classes('genres', reference.genreNames), leastShare: RARE_GENRE })),
    unlessFew('items', () => judgeClasses(sized('items'), classes('items', reference.itemNames))),
    judgeNumbers(sized('activity'), sizesOf(reference.sessions), sizesOf(sessions)),
    judgeNews('new_users', { hits: live.newUsers, trials: users, usual: reference.newUsers }),
    judgeNews('new_items', { hits: live.newItems, trials: events, usual: reference.newItems }),
  ];

  function judgeRatings(): Uncorrected {
    const rated = { events: total(now.ratings), users: ratersOf(sessions) };
    const few = tooFew(rated, limits, 'ratings');
    if (few !== undefined || total(known.ratings) === 0)
      return notJudged({ column: 'ratings', ...rated }, few ?? 'the model learnt from no ratings');
    const rowsOf = (counts: Float64Array) => ({ counts, rows: total(counts) });
    return judgeOrdered(
      { ...sized('ratings'), ...rated },
      {
        labels: Array.from({ length: RATING_CLASSES }, (_, at) => `${ratingOfClass(at)}`),
        ...{ reference: known.ratings, referenceRows: total(known.ratings), live: now.ratings, liveRows: rated.events },
        drawn: drawn.map(({ ratings }) => rowsOf(ratings)),
      },
    );
  }

  function judgeNews(
    column: 'new_users' | 'new_items',
    { usual, ...counted }: { hits: number; trials: number; usual: number | null },
  ): Uncorrected {
    if (usual === null) return notJudged(sized(column), 'the reference is too short to tell how many are usual at the age of the model');
    return judgeGrowth(sized(column), { ...counted, usual, trust: (reference as Reference).users });
  }
}

export const thresholdOf = (column: DriftColumn, { thresholds }: Pick<Limits, 'thresholds'>): number =>
  thresholds[column] ?? DRIFT_COLUMNS[column].threshold;

/** @returns why a column is not judged; undefined where there is enough */
export function tooFew(
  { events, users }: { events: number; users: number },
  limits: Omit<Limits, 'thresholds'>,
  what = 'choices',
): string | undefined {
  if (events === 0) return `no ${what} in the window`;
  if (events < limits.min_events) return `${events} ${what}; it takes ${limits.min_events}`;
  if (users < limits.min_users) return `${what} of ${users} users; it takes ${limits.min_users}`;
  return undefined;
}

const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);

function ratersOf({ rating, starts }: Sessions): number {
  let raters = 0;
  for (let session = 0; session + 1 < starts.length; session += 1)
    if (rating.subarray(starts[session], starts[session + 1]).some((one) => one !== NO_RATING)) raters += 1;
  return raters;
}
