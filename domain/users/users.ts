import type { User } from '../../contracts/users.ts';
import type { Database } from '../../platform/postgres.ts';

type UserRow = Omit<User, 'updated_at'> & { updated_at: Date };
const toUser = ({ updated_at, ...user }: UserRow): User => ({ ...user, updated_at: updated_at.toISOString() });

/** @returns null where nothing is known of the user */
export async function getUser(db: Database, userId: string): Promise<User | null> {
  const { rows } = await db.query<UserRow>('select user_id, age, source, updated_at from users where user_id = $1', [userId]);
  return rows[0] ? toUser(rows[0]) : null;
}

/** Sets what is known of a user, who need not have done anything yet. An import never writes over it. */
export async function putUser(db: Database, { user_id, age }: Pick<User, 'user_id' | 'age'>): Promise<User> {
  const { rows } = await db.query<UserRow>(
    `insert into users (user_id, age, source) values ($1, $2, 'api')
     on conflict (user_id) do update set age = excluded.age, source = excluded.source, updated_at = now()
     returning user_id, age, source, updated_at`,
    [user_id, age],
  );
  return toUser(rows[0]!);
}
