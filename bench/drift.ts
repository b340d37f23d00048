/**
 * How often windows of 500 choices alarm: stable ones, and ones that were changed; beside Evidently's preset on the same rows. The windows are resampled from
 * the MovieLens sample: visits of users, each of up to ten choices in a row. `npm run bench:drift [-- --windows 1000 --pairs 300 --peer-windows 100]`
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { judgingSettingsSchema, type ColumnResult } from '../contracts/drift.ts';
import { judgeInput, type Live } from '../domain/drift/judgeInput.ts';
import { topItems, type Reference } from '../domain/drift/reference.ts';
import { createSessionsBuilder, classOrNone, type Sessions } from '../domain/drift/sessions.ts';
import { correct } from '../domain/drift/verdict.ts';
import { runsByUser } from '../domain/recommender/data/interactions.ts';
import { RATING_CLASSES, ratingOfClass } from '../domain/recommender/data/ratings.ts';
import { readRatingsFolder } from '../domain/recommender/evaluation/local/ratingsFolder.ts';
import { createRandom } from '../domain/recommender/numeric/random.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { runPython } from '../test/support/namedCommand.ts';
import { printTable, printVerdict } from './figures.ts';
import { installDriftPeers } from './peers.ts';

const { values } = parseArgs({
  options: {
    windows: { type: 'string', default: '1000' },
    pairs: { type: 'string', default: '300' },
    'peer-windows': { type: 'string', default: '100' },
  },
});
const [WINDOWS, PAIRS, PEER_WINDOWS] = [Number(values.windows), Number(values.pairs), Number(values['peer-windows'])];
const CHOICES = 500;
const VISIT = 10;

const { interactions, movies } = await readRatingsFolder(path.join(PROJECT_ROOT, 'data', 'movielens-small'), {
  signal: new AbortController().signal,
  maxRejectShare: 0,
});
const random = createRandom(11);
const settings = judgingSettingsSchema.parse({});
const ALL = referenceOf(() => true);
const HALF = referenceOf((user) => user % 2 === 0);
const OTHER_HALF = referenceOf((user) => user % 2 === 1);

/** Users and movies of a window are known to the reference unless a change says otherwise. */
function referenceOf(isIn: (user: number) => boolean): Reference {
  const builder = createSessionsBuilder();
  for (const { from, to } of runsByUser(interactions)) {
    if (!isIn(interactions.userIndex[from]!)) continue;
    for (let row = from; row < to; row += 1)
      builder.add(
        `${interactions.userIndex[row]} ${Math.floor((row - from) / VISIT)}`,
        interactions.movieIndex[row]!,
        classOrNone(interactions.rating[row]!),
      );
  }
  const sessions = builder.build();
  const genreNames = [...new Set(movies.genres.flat())].sort();
  const genresOf = movies.genres.map((of) => of.map((genre) => genreNames.indexOf(genre)));
  return { sessions, users: interactions.users.size, genreNames, genresOf, ...topItems(sessions, movies.titles), newUsers: 0, newItems: 0 };
}

interface Drawn extends Live {
  /** Whether a row is of a user whom the reference does not know */
  readonly isNew: readonly boolean[];
}

/** Rows of a visit, as they come. */
type Visit = { movie: number; rating: number }[];
interface Change {
  readonly name: string;
  readonly ofVisit?: (visit: Visit) => void;
  readonly newUsers?: number;
}

function drawWindow({ sessions }: Reference, { ofVisit, newUsers = 0 }: Partial<Change> = {}): Drawn {
  const builder = createSessionsBuilder();
  const isNew: boolean[] = [];
  let [visits, unknown] = [0, 0];
  while (isNew.length < CHOICES) {
    const nth = random.below(sessions.starts.length - 1);
    const visit: Visit = [];
    for (let row = sessions.starts[nth]!; row < sessions.starts[nth + 1]! && isNew.length + visit.length < CHOICES; row += 1)
      visit.push({ movie: sessions.movie[row]!, rating: sessions.rating[row]! });
    ofVisit?.(visit);
    const isUnknown = (visits + 1) * newUsers >= unknown + 1;
    if (isUnknown) unknown += 1;
    for (const { movie, rating } of visit) {
      builder.add(visits, movie, rating);
      isNew.push(isUnknown);
    }
    visits += 1;
  }
  return { sessions: builder.build(), newUsers: unknown, newItems: 0, isNew };
}

/** Shares of choices, of genres that have at least a tenth of them. */
function largeGenres({ sessions, genreNames, genresOf }: Reference): { at: number; name: string; share: number; movies: number[] }[] {
  return genreNames.flatMap((name, at) => {
    const ofGenre = [...sessions.movie].filter((movie) => genresOf[movie]!.includes(at));
    const share = ofGenre.length / sessions.movie.length;
    return share >= 0.1 && share <= 0.5 ? [{ at, name, share, movies: ofGenre }] : [];
  });
}

const CHANGES: Change[] = [
  ...largeGenres(ALL).map(({ at, name, share, movies: chosen }) => ({
    name: `${name} from ${(100 * share).toFixed(0)} % to ${(200 * share).toFixed(0)} %`,
    ofVisit: (visit: Visit) => {
      for (const row of visit)
        if (!ALL.genresOf[row.movie]!.includes(at) && random.next() < share / (1 - share)) row.movie = chosen[random.below(chosen.length)]!;
    },
  })),
  ...[1, -1].map((classes) => ({
    name: `ratings half a star ${classes > 0 ? 'higher' : 'lower'}`,
    ofVisit: (visit: Visit) => visit.forEach((row) => (row.rating = Math.min(RATING_CLASSES - 1, Math.max(0, row.rating + classes)))),
  })),
  { name: '20 % new users', newUsers: 0.2 },
];

const judge = (reference: Reference, live: Live): ColumnResult[] =>
  correct(judgeInput(reference, live, { ...settings, thresholds: {} }), settings);
const hasDrifted = (columns: readonly ColumnResult[]) => columns.some(({ state }) => state === 'drifted');

function stable(name: string, reference: Reference, drawnFrom: Reference) {
  const byColumn: Record<string, number> = {};
  const drifted = Array.from({ length: WINDOWS }, () => {
    const columns = judge(reference, drawWindow(drawnFrom));
    for (const { column, state } of columns) if (state === 'drifted') byColumn[column] = (byColumn[column] ?? 0) + 1;
    return hasDrifted(columns);
  });
  const windows = drifted.filter(Boolean).length;
  const alerts = drifted.filter((one, at) => one && drifted[at - 1]).length;
  return { name, windows, alerts, byColumn };
}

const startedAt = performance.now();
const found = [stable('of the same users', ALL, ALL), stable('of users that the reference lacks', HALF, OTHER_HALF)];
printTable(
  [`stable, ${WINDOWS} windows`, 'drifted', 'alerts', 'by column'],
  found.map(({ name, windows, alerts, byColumn }) => [name, `${windows}`, `${alerts}`, JSON.stringify(byColumn)]),
);
const changed = CHANGES.map((change) => {
  const pairs = Array.from({ length: PAIRS }, () => [
    hasDrifted(judge(ALL, drawWindow(ALL, change))),
    hasDrifted(judge(ALL, drawWindow(ALL, change))),
  ]);
  return { name: change.name, share: pairs.filter(([one, two]) => one && two).length / PAIRS };
});
console.log();
printTable(
  [`changed, ${PAIRS} pairs of windows`, 'alert within the two'],
  changed.map(({ name, share }) => [name, `${(100 * share).toFixed(1)} %`]),
);
console.log();
const worst = Math.max(...found.map(({ alerts }) => alerts / WINDOWS));
printVerdict(worst <= 0.01, 'at most 1 % of stable windows alert', `${(100 * worst).toFixed(1)} %`);
const least = Math.min(...changed.map(({ share }) => share));
printVerdict(least >= 0.95, 'what is injected alerts within two windows in at least 95 %', `${(100 * least).toFixed(1)} %`);
console.log(`${((performance.now() - startedAt) / 1000 / (2 * WINDOWS + 2 * PAIRS * CHANGES.length)).toFixed(3)} s a window\n`);

if (PEER_WINDOWS > 0) await runPeer();

/** The rows of the reference and of as many windows of each kind, one row a choice; a movie's genre is one of its own by lot. */
async function runPeer(): Promise<void> {
  const rowsOf = ({ movie, rating }: Sessions, isNew: readonly boolean[] = []) =>
    Array.from(movie, (one, row) => ({
      rating: ratingOfClass(rating[row]!),
      genre: ALL.genreNames[ALL.genresOf[one]![random.below(ALL.genresOf[one]!.length)]!] ?? 'none',
      item: ALL.itemNames[ALL.itemClassOf[one]!]!,
      new_user: isNew[row] ? 'yes' : 'no',
    }));
  const kinds = [{ name: 'stable' }, ...CHANGES];
  const windows = kinds.map((change) => ({
    name: change.name,
    windows: Array.from({ length: PEER_WINDOWS }, () => {
      const { sessions, isNew } = drawWindow(ALL, change);
      return rowsOf(sessions, isNew);
    }),
  }));
  const folder = await mkdtemp(path.join(tmpdir(), 'bench drift '));
  try {
    const file = path.join(folder, 'windows.json');
    await writeFile(file, JSON.stringify({ reference: rowsOf(ALL.sessions), kinds: windows }));
    process.exitCode = await runPython(await installDriftPeers(), [path.join(import.meta.dirname, 'driftPeer.py'), file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
