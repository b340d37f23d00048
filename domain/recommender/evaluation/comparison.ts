import type { ChampionComparison, ComparedCatalogues, Interval } from '../../../contracts/gate.ts';
import { PRIMARY_METRIC, type ModelName } from '../../../contracts/models.ts';
import { gainOf } from '../../../contracts/specs/modelSpec.ts';
import { bootstrap, type BootstrapSettings } from './bootstrap.ts';
import { groupByUser, hasMovie } from '../data/interactions.ts';
import type { TrainingData } from '../data/snapshot.ts';
import { figureOf, rankingTable, ratingTable, type Keep, type MetricColumn } from './metricTables.ts';
import type { Answered, Outcomes } from './outcomes.ts';
import type { Questions } from './questions.ts';
import { mapPositions } from './scoring.ts';
import { sliceColumn, slicesOf, usersIn, type Slice } from './slices.ts';

/** Fewer users than this tell too little: all are compared then, and the comparison says what the champion knew. */
const MIN_USERS = 30;

/** The version that serves, as far as it could be had. */
export interface Champion {
  readonly version: string;
  /** Its answers to the challenger's questions, or why there are none. */
  readonly answered: Answered | { readonly unanswered: string };
  /** What it learnt from; null where that cannot be known any more. */
  readonly training: TrainingData | null;
  readonly catalogues?: ComparedCatalogues | undefined;
}

/** By how much the first is better in the metric that models of the name are judged by; null where one of them has no figure. */
export function gainOver(
  questions: Questions,
  name: ModelName,
  outcomes: Outcomes,
  other: Outcomes,
  settings: BootstrapSettings,
  keep?: Keep,
): Interval | null {
  const pair = [primaryColumn(questions, name, outcomes, keep), primaryColumn(questions, name, other, keep)] as const;
  return pair[0] && pair[1] ? gains(name, [[pair[0], pair[1]]], settings)[0]! : null;
}

/** Holds a challenger against the champion on the same questions: those whose answer the champion had not learnt. */
export function compareWithChampion(
  questions: Questions,
  name: ModelName,
  challenger: Outcomes,
  champion: Champion,
  settings: BootstrapSettings,
): ChampionComparison {
  const { version, answered, catalogues } = champion;
  if ('unanswered' in answered) return { version, note: answered.unanswered, value: null, gain: null, slices: [] };
  const { keep, note } = unseenBy(questions, name, champion.training);
  const column = primaryColumn(questions, name, answered.outcomes, keep);
  return {
    version,
    note: [note, ...fallbackNote(answered)].join('; '),
    value: column && finite(figureOf(column)),
    gain: gainOver(questions, name, challenger, answered.outcomes, settings, keep),
    slices: compareSlices(questions, name, [challenger, answered.outcomes], settings, keep),
    ...(catalogues && { catalogues }),
  };
}

function compareSlices(
  questions: Questions,
  name: ModelName,
  [ours, theirs]: [Outcomes, Outcomes],
  settings: BootstrapSettings,
  keep: Keep,
) {
  const metric = PRIMARY_METRIC[name].name;
  const column = (outcomes: Outcomes, slice: Slice) => sliceColumn(questions, outcomes, metric, slice, keep);
  const compared = slicesOf(questions, metric).flatMap((slice) => {
    const [own, other] = [column(ours, slice), column(theirs, slice)];
    return own && other && usersIn(own) > 0 ? [{ slice, own, other }] : [];
  });
  const intervals = gains(
    name,
    compared.map(({ own, other }) => [own, other] as const),
    settings,
  );
  return compared.map(({ slice, own, other }, nth) => ({
    slice: slice.name,
    users: usersIn(own),
    value: figureOf(other),
    gain: intervals[nth]!,
  }));
}

function gains(name: ModelName, pairs: readonly (readonly [MetricColumn, MetricColumn])[], settings: BootstrapSettings): Interval[] {
  const statistics = pairs.map(
    ([own, other]) =>
      (draws?: Uint16Array) =>
        gainOf(PRIMARY_METRIC[name], figureOf(own, draws), figureOf(other, draws)),
  );
  return pairs[0] ? bootstrap(pairs[0][0].sums.length, statistics, settings) : [];
}

function primaryColumn(questions: Questions, name: ModelName, outcomes: Outcomes, keep?: Keep): MetricColumn | null {
  const metric = PRIMARY_METRIC[name].name;
  const table = metric === 'rmse' ? ratingTable(questions, outcomes, keep) : rankingTable(questions, outcomes, keep);
  const column = table?.columns[metric];
  return column && usersIn(column) > 0 ? column : null;
}

/** The questions that a model trained on other data can be asked honestly. */
function unseenBy(questions: Questions, name: ModelName, learnt: TrainingData | null): { keep: Keep; note: string } {
  const { ranking, ratings, snapshot } = questions;
  const byRating = PRIMARY_METRIC[name].name === 'rmse';
  const asked = byRating ? `${ratings.length} held-out ratings` : `${ranking.length} users`;
  const everything = () => true;
  if (!learnt) {
    const note = `compared on ${asked}; what the champion was trained on is not known, so it may have learnt some of the answers, which favours it`;
    return { keep: everything, note };
  }
  const rows = byRating ? learnt.rated : learnt.chosen;
  const known = groupByUser(rows);
  const movies = mapPositions(snapshot.interactions.movies, rows.movies);
  const knew = (user: number, movie: number) => {
    const [at, position] = [rows.users.indexOf(snapshot.interactions.users.ids[user]!), movies ? movies[movie]! : movie];
    return at !== undefined && position >= 0 && hasMovie(known, at, position);
  };
  const keep: Keep = byRating
    ? (row) => !knew(ratings.userIndex[row]!, ratings.movieIndex[row]!)
    : (nth) => !ranking[nth]!.relevant.some((movie) => knew(ranking[nth]!.user, movie));
  const places = [...Array(byRating ? ratings.length : ranking.length).keys()];
  const kept = places.filter(keep);
  const users = byRating ? new Set(kept.map((row) => ratings.userIndex[row])).size : kept.length;
  const seen = places.length - kept.length;
  if (seen === 0) return { keep: everything, note: `compared on all ${asked}` };
  if (users >= MIN_USERS) return { keep, note: `compared on ${kept.length} of ${asked}: the champion had learnt the answer to the others` };
  const note = `compared on all ${asked}, although the champion had learnt the answer to ${seen} of them, which favours it: too few others are left`;
  return { keep: everything, note };
}

const fallbackNote = ({ fellBack }: Answered) =>
  fellBack.size > 0 ? [`${fellBack.size} users whom the champion does not know got popular movies, as in serving`] : [];

const finite = (figure: number) => (Number.isFinite(figure) ? figure : null);
