/** Ids in a fixed order; a model's rows and columns are named by the position. */
export interface Vocabulary {
  readonly ids: readonly string[];
  readonly size: number;
  indexOf(id: string): number | undefined;
}

/**
 * Who rated what, in columns, sorted by user, then time, then the order in which the source had them. Rows `i` of all columns belong together.
 * `ratedAt` is in milliseconds since 1970; `rating` is NaN where the user chose the movie and gave no rating.
 */
export interface Interactions {
  readonly users: Vocabulary;
  readonly movies: Vocabulary;
  readonly length: number;
  readonly userIndex: Int32Array;
  readonly movieIndex: Int32Array;
  readonly rating: Float32Array;
  readonly ratedAt: Float64Array;
}

/** The movies of each user, ascending: those of user `u` are `movies[offsets[u]]` to before `movies[offsets[u + 1]]`. */
export interface MoviesByUser {
  readonly offsets: Int32Array;
  readonly movies: Int32Array;
}

export interface InteractionBuilder {
  /**
   * @param rating NaN for none
   * @param ratedAt milliseconds since 1970
   * @param place orders rows of one user and moment; how many were added before where it is missing
   */
  add(userId: string, movieId: string, rating: number, ratedAt: number, place?: number): void;
  build(): Interactions;
  /** The same, and for each row how many were added before it, so that what came with the rows can be put in their order. */
  buildInOrder(): { interactions: Interactions; arrivals: Uint32Array };
}

export function createVocabulary(ids: readonly string[]): Vocabulary {
  const positions = new Map(ids.map((id, index) => [id, index]));
  if (positions.size !== ids.length) throw new Error('a vocabulary names an id twice');
  return { ids, size: ids.length, indexOf: (id) => positions.get(id) };
}

/**
 * Collects rows. Users are numbered in the order of their ids; with places of their own the rows may come in whatever order.
 * @param movies the movies there are; a row of another is refused
 */
export function createInteractionBuilder(movies: Vocabulary): InteractionBuilder {
  const userPositions = new Map<string, number>();
  let columns = createColumns(1024);
  let length = 0;
  function buildInOrder() {
    const arrived = [...userPositions.keys()];
    const users = createVocabulary(arrived.toSorted(compareIds));
    for (let row = 0; row < length; row += 1) columns.userIndex[row] = users.indexOf(arrived[columns.userIndex[row]!]!)!;
    const arrivals = canonicalOrder(columns, length);
    return { interactions: selectRows({ users, movies, length, ...columns }, arrivals), arrivals };
  }

  return {
    add(userId, movieId, rating, ratedAt, place = length) {
      const movie = movies.indexOf(movieId);
      if (movie === undefined) throw new Error(`movie ${movieId} is rated and not in the catalogue`);
      if (length === columns.userIndex.length) columns = grow(columns);
      let user = userPositions.get(userId);
      if (user === undefined) userPositions.set(userId, (user = userPositions.size));
      columns.userIndex[length] = user;
      columns.movieIndex[length] = movie;
      columns.rating[length] = rating;
      columns.ratedAt[length] = ratedAt;
      columns.place[length] = place;
      length += 1;
    },
    build: () => buildInOrder().interactions,
    buildInOrder,
  };
}

/** Plain code unit order: the same on every machine, whatever its locale. */
const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Numbers of the rows that fit, in order. */
export function rowsWhere({ length }: Interactions, fits: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(length);
  let count = 0;
  for (let row = 0; row < length; row += 1) if (fits(row)) rows[count++] = row;
  return rows.slice(0, count);
}

/** The given rows, in the given order, over the same vocabularies. */
export function selectRows(interactions: Interactions, rows: Uint32Array): Interactions {
  const { users, movies } = interactions;
  return {
    users,
    movies,
    length: rows.length,
    userIndex: Int32Array.from(rows, (row) => interactions.userIndex[row]!),
    movieIndex: Int32Array.from(rows, (row) => interactions.movieIndex[row]!),
    rating: Float32Array.from(rows, (row) => interactions.rating[row]!),
    ratedAt: Float64Array.from(rows, (row) => interactions.ratedAt[row]!),
  };
}

/** How many rows each user has. Float32 holds counts below 16 million. */
export function countByUser({ users, userIndex }: Pick<Interactions, 'users' | 'userIndex'>): Float32Array {
  const counts = new Float32Array(users.size);
  for (const user of userIndex) counts[user]! += 1;
  return counts;
}

/** Where rows that stand together have the same key: from the first of them to before the first of the next. */
export function* runsOf(length: number, keyOf: (row: number) => unknown): Iterable<{ from: number; to: number }> {
  for (let from = 0, to = 0; from < length; from = to) {
    const key = keyOf(from);
    while (to < length && keyOf(to) === key) to += 1;
    yield { from, to };
  }
}

/** The rows of each user, which stand together. */
export const runsByUser = ({ length, userIndex }: Pick<Interactions, 'length' | 'userIndex'>) => runsOf(length, (row) => userIndex[row]);

/** Those of group `g` are `values[starts[g]]` to before `values[starts[g + 1]]`. */
export interface Groups {
  readonly starts: Int32Array;
  readonly values: Int32Array;
}

/** The rows' values by the rows' groups, each group's in the order of the rows. */
export function groupRows(groupOf: Int32Array, valueOf: Int32Array, groups: number): Groups {
  const starts = new Int32Array(groups + 1);
  for (const group of groupOf) starts[group + 1]! += 1;
  for (let group = 0; group < groups; group += 1) starts[group + 1]! += starts[group]!;
  const next = starts.slice();
  const values = new Int32Array(groupOf.length);
  for (let row = 0; row < groupOf.length; row += 1) values[next[groupOf[row]!]!++] = valueOf[row]!;
  return { starts, values };
}

export function groupByUser({ users, userIndex, movieIndex }: Interactions): MoviesByUser {
  const { starts: offsets, values: movies } = groupRows(userIndex, movieIndex, users.size);
  for (let user = 0; user < users.size; user += 1) movies.subarray(offsets[user], offsets[user + 1]).sort();
  return { offsets, movies };
}

export const moviesOf = ({ offsets, movies }: MoviesByUser, user: number): Int32Array => movies.subarray(offsets[user], offsets[user + 1]);

/** Whether the user has the movie; a binary search. */
export function hasMovie({ offsets, movies }: MoviesByUser, user: number, movie: number): boolean {
  let low = offsets[user]!;
  let high = offsets[user + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = movies[middle]!;
    if (found === movie) return true;
    if (found < movie) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

type Columns = Pick<Interactions, 'userIndex' | 'movieIndex' | 'rating' | 'ratedAt'> & { readonly place: Float64Array };

const createColumns = (capacity: number): Columns => ({
  userIndex: new Int32Array(capacity),
  movieIndex: new Int32Array(capacity),
  rating: new Float32Array(capacity),
  ratedAt: new Float64Array(capacity),
  place: new Float64Array(capacity),
});

function grow(columns: Columns): Columns {
  const larger = createColumns(columns.userIndex.length * 2);
  larger.userIndex.set(columns.userIndex);
  larger.movieIndex.set(columns.movieIndex);
  larger.rating.set(columns.rating);
  larger.ratedAt.set(columns.ratedAt);
  larger.place.set(columns.place);
  return larger;
}

/** Rows that are alike in all of it keep the order in which they came: sorting is stable. */
function canonicalOrder({ userIndex, ratedAt, place }: Columns, length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, row) => row).sort(
    (a, b) => userIndex[a]! - userIndex[b]! || ratedAt[a]! - ratedAt[b]! || place[a]! - place[b]!,
  );
}
