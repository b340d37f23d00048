import type { Topic } from '../../contracts/events.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import type { FeatureDefinitions } from '../features/definitions.ts';
import { quoteName } from '../features/offlineTable.ts';
import { counted, type Store, type Whose } from './store.ts';

/** Rows of a table that are a user's and of the time before: `$1` is the user, `$2` the time. */
export interface UserRows {
  readonly table: string;
  readonly where: string;
}

const rows = (table: string, ...before: readonly string[]): UserRows => ({
  table,
  where: `user_id = $1 and (${before.join(' or ')})`,
});

/** Events of users, and what they were recommended, on their way to Kafka. Other events have other keys, which may look like a user's. */
const ON_THEIR_WAY = ['user-events', 'movie-recommendations'] satisfies Topic[];
const onTheirWay = (table: string): UserRows => ({
  table,
  where: `aggregatetype in (${ON_THEIR_WAY.map((topic) => `'${topic}'`).join(', ')}) and (aggregateid = $1 or payload ->> 'user_id' = $1)
    and (created_at <= $2 or (payload ->> 'timestamp')::timestamptz <= $2)`,
});

/** A time that has not come was told by somebody's wrong clock, before. */
const FUTURE = 'latest_time()';

/** Keys by which the user calls under their own id. */
const OWN_KEYS: UserRows = { table: 'api_keys', where: `name = $1 and role = 'user' and created_at <= $2` };

/** Whose rows name the user themselves. */
export const USER_TABLES = {
  ratings: [rows('ratings', 'rated_at <= $2', `rated_at > ${FUTURE}`)],
  users: [rows('users', 'updated_at <= $2'), OWN_KEYS],
  interactions: [
    rows('interactions', 'occurred_at <= $2', 'received_at <= $2'),
    rows('trend_latest', 'bucket <= $2'),
    rows('pushed_choices', '$2::timestamptz is not null'),
  ],
  searches: [rows('searches', 'occurred_at <= $2', 'received_at <= $2')],
  served_answers: [rows('served_answers', 'served_at <= $2')],
  outbox: [onTheirWay('outbox'), onTheirWay('outbox_refused')],
} as const satisfies Record<string, readonly UserRows[]>;

export const createRowStore = (pool: Pool, tables: readonly UserRows[]): Store => ({
  erase: async (whose) => counted(await each(tables, (one) => deleteRows(pool, one, whose))),
  look: async (whose) => ({ count: counted(await each(tables, (one) => countRows(pool, one, whose))) }),
});

async function each<Item>(items: readonly Item[], count: (item: Item) => Promise<number>): Promise<number[]> {
  const counts: number[] = [];
  for (const item of items) counts.push(await count(item));
  return counts;
}

async function deleteRows(db: Database, { table, where }: UserRows, { userId, before }: Whose): Promise<number> {
  const { rowCount } = await db.query(`delete from ${table} where ${where}`, [userId, before]);
  return rowCount ?? 0;
}

async function countRows(db: Database, { table, where }: UserRows, { userId, before }: Whose): Promise<number> {
  const { rows: found } = await db.query<{ count: number }>(`select count(*) as count from ${table} where ${where}`, [userId, before]);
  return found[0]!.count;
}

/** Of the views that are of users. */
export const offlineTablesOf = ({ views }: Pick<FeatureDefinitions, 'views'>): string[] =>
  views.filter(({ entity }) => entity.name === 'user').map(({ offlineTable }) => quoteName(offlineTable));

/** Offline tables of the views that are of users, and what their rows were computed from. */
export function offlineRowsOf({ views }: Pick<FeatureDefinitions, 'views'>): UserRows[] {
  const ofUsers = views.filter(({ entity }) => entity.name === 'user');
  return [
    // What is computed is computed anew from what is left: without a fingerprint it counts as late.
    ...ofUsers.map(({ offlineTable, kind }) => ({
      table: quoteName(offlineTable),
      where: `entity_id = $1 and ${kind === 'batch' ? '$2::timestamptz is not null' : '(event_timestamp <= $2 or created_at <= $2)'}`,
    })),
    ...ofUsers.map(({ name }) => ({
      table: 'feature_fingerprints',
      where: `view = '${name}' and entity_id = $1 and $2::timestamptz is not null`,
    })),
  ];
}

/** Sets under way, each in tables of its own. */
export const createStagingStore = (pool: Pool): Store => {
  const tables = async () => {
    const { rows: found } = await pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.columns where table_schema = 'staging' and column_name = 'user_id'`,
    );
    return found.map(({ name }) => ({ table: name, where: 'user_id = $1 and $2::timestamptz is not null' }));
  };
  /** A set that is published meanwhile takes its table with it. */
  const unlessGone = async (count: Promise<number>) =>
    count.catch((error: unknown) => {
      if ((error as { code?: string }).code === UNDEFINED_TABLE) return 0;
      throw error;
    });
  return {
    erase: async (whose) => counted(await each(await tables(), (one) => unlessGone(deleteRows(pool, one, whose)))),
    look: async (whose) => ({ count: counted(await each(await tables(), (one) => unlessGone(countRows(pool, one, whose)))) }),
  };
};
const UNDEFINED_TABLE = '42P01';

/** Where words about users stand: why a step failed, and its log. They name a user as `user 17` or `user "anna"`. */
const WORDS = [
  { table: 'runs', column: 'error' },
  { table: 'run_steps', column: 'error' },
  { table: 'run_step_logs', column: 'message' },
  { table: 'run_step_logs', column: 'fields::text', sets: 'fields', as: 'jsonb' },
  { table: 'quality_reports', column: 'rules::text', sets: 'rules', as: 'jsonb' },
] as const;
export const FORGOTTEN = 'user (erased)';

/** How a user is named in words, as a regular expression of Postgres and of JavaScript alike. */
export function namedInWords(userId: string): string {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const quoted = [userId, inJson(userId), `"${inJson(userId)}"`, inJson(JSON.stringify(userId))].map(escaped).join('|');
  return `user(_id)? (${quoted})(?![\\w:-])`;
}
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Bounds of a batch's shards are ids of users. */
const PLANS = `step = 'plan_batch' and jsonb_path_exists(result, '$.shards[*] ? (@.after == $user || @.upTo == $user)', jsonb_build_object('user', $1::text))`;

export const createLedgerStore = (pool: Pool): Store => ({
  async erase({ userId }) {
    const words = namedInWords(userId);
    return withTransaction(pool, async (db) => {
      const counts: number[] = [];
      for (const one of WORDS) {
        const [target, cast] = 'sets' in one ? [one.sets, `::${one.as}`] : [one.column, ''];
        const { rowCount } = await db.query(
          `update ${one.table} set ${target} = regexp_replace(${one.column}, $1, $2, 'g')${cast} where ${one.column} ~ $1`,
          [words, FORGOTTEN],
        );
        counts.push(rowCount ?? 0);
      }
      const { rowCount } = await db.query(
        `update run_steps set result = jsonb_set(result, '{shards}', to_jsonb(jsonb_array_length(result -> 'shards'))) where ${PLANS}`,
        [userId],
      );
      return counted([...counts, rowCount ?? 0]);
    });
  },
  async look({ userId }) {
    const words = namedInWords(userId);
    const counts = await each(WORDS, async ({ table, column }) => {
      const { rows: found } = await pool.query<{ count: number }>(`select count(*) as count from ${table} where ${column} ~ $1`, [words]);
      return found[0]!.count;
    });
    const { rows: plans } = await pool.query<{ count: number }>(`select count(*) as count from run_steps where ${PLANS}`, [userId]);
    return { count: counted([...counts, plans[0]!.count]) };
  },
});
