import type { LetterState } from '../../contracts/deadLetters.ts';
import type { Database } from '../../platform/postgres.ts';

/** A dead letter, told from any other: a topic that was made anew has the same offsets again, but not of the same time. */
export interface LetterPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Milliseconds since 1970 at which it was written */
  readonly writtenMs: string;
}

export interface LetterMark {
  readonly state: LetterState;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

const WAITING: LetterMark = { state: 'waiting', decidedBy: null, decidedAt: null };

/** What became of dead letters, in their order. */
export async function findMarks(db: Database, places: readonly LetterPlace[]): Promise<LetterMark[]> {
  if (places.length === 0) return [];
  const { rows } = await db.query<{ state: LetterState | null; decidedBy: string | null; decidedAt: Date | null }>(
    `select m.state, m.decided_by as "decidedBy", m.decided_at as "decidedAt"
     from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) with ordinality as l (topic, part, position, written_ms, nth)
     left join dead_letter_marks m using (topic, part, position, written_ms)
     order by l.nth`,
    [
      places.map(({ topic }) => topic),
      places.map(({ partition }) => partition),
      places.map(({ offset }) => offset),
      places.map(({ writtenMs }) => writtenMs),
    ],
  );
  return rows.map(({ state, ...decided }) => (state ? { state, ...decided } : WAITING));
}

/**
 * Marks a dead letter; in a transaction it is nobody else's to mark until that ends.
 * @returns whether it was marked; what is replayed stays so, and what is dropped may be replayed
 */
export async function markLetter(
  db: Database,
  { topic, partition, offset, writtenMs }: LetterPlace,
  { state, by }: { state: 'replayed' | 'dropped'; by: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into dead_letter_marks as m (topic, part, position, written_ms, state, decided_by) values ($1, $2, $3, $4, $5, $6)
     on conflict (topic, part, position, written_ms) do update
       set state = excluded.state, decided_by = excluded.decided_by, decided_at = now()
       where m.state = 'dropped' and excluded.state = 'replayed'`,
    [topic, partition, offset, writtenMs, state, by],
  );
  return rowCount === 1;
}
