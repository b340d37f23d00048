import type { User, UserSession } from '../../contracts/users.ts';
import type { Database } from '../../platform/postgres.ts';

type UserRow = Omit<User, 'updated_at'> & { updated_at: Date };
const toUser = ({ updated_at, ...user }: UserRow): User => ({ ...user, updated_at: updated_at.toISOString() });

/** @returns null where nothing is known of the user, and they did nothing */
export async function getUser(db: Database, userId: string): Promise<User | null> {
  const { rows } = await db.query<UserRow>(
    `select $1::text as user_id, age, coalesce(u.source, done.source, 'api') as source, choices, coalesce(updated_at, latest) as updated_at
     from (select count(*) as choices, max(source) as source, max(happened_at) as latest from user_choices where user_id = $1) done
     left join users u on u.user_id = $1
     where u.user_id is not null or choices > 0`,
    [userId],
  );
  return rows[0] ? toUser(rows[0]) : null;
}

/** Sets what is known of a user, who need not have done anything yet. An import never writes over it. */
export async function putUser(db: Database, { user_id, age }: Pick<User, 'user_id' | 'age'>): Promise<User> {
  await db.query(
    `insert into users (user_id, age, source) values ($1, $2, 'api')
     on conflict (user_id) do update set age = excluded.age, source = excluded.source, updated_at = now()`,
    [user_id, age],
  );
  return (await getUser(db, user_id))!;
}

/** What a user did in one go, newest first. */
export async function listSessions(db: Database, userId: string, limit: number): Promise<UserSession[]> {
  const { rows } = await db.query<Omit<UserSession, 'started_at' | 'ended_at'> & { started_at: Date; ended_at: Date }>(
    `select session_id, started_at, ended_at, events, movies, searches from user_sessions
     where user_id = $1 order by ended_at desc, started_at desc limit $2`,
    [userId, limit],
  );
  return rows.map(({ started_at, ended_at, ...row }) => ({
    ...row,
    started_at: started_at.toISOString(),
    ended_at: ended_at.toISOString(),
  }));
}
