import type { Kafka } from '../platform/kafka/kafka.ts';
import type { Database } from '../platform/postgres.ts';
import { USER_PREFIX, type Acknowledged } from './chaosLoad.ts';
import { readTopic } from './eventsTopic.ts';

/** An event where it was found: whose, and which of that user's. */
interface Found {
  readonly id: string;
  readonly user: string;
  readonly nth: number;
}

/** What an event may have met with, by its id. */
export interface Faults {
  /** Acknowledged, and not recorded or not on the topic */
  readonly lost: ReadonlySet<string>;
  /** Recorded more than once */
  readonly doubled: ReadonlySet<string>;
  /** Recorded, or first on the topic, behind a later one of its user */
  readonly outOfOrder: ReadonlySet<string>;
  /** Messages that came again, which readers drop by their ids */
  readonly repeatedMessages: number;
  /** Recorded without having been acknowledged */
  readonly unacknowledged: number;
}

/** Compares what was acknowledged with the topic and with what is recorded. All has to be through. */
export async function findFaults(
  { db, kafka }: { db: Database; kafka: Kafka },
  acknowledged: readonly Pick<Acknowledged, 'id'>[],
): Promise<Faults> {
  const recorded = await readRecorded(db);
  const sent: Found[] = [];
  await readTopic(kafka, 'user-events', ({ key, value, headers }) => {
    const { session_id } = JSON.parse(value.toString('utf8')) as { session_id: string };
    sent.push({ id: headers['id']!, user: key, nth: Number(session_id) });
  });
  return compare({ acknowledged: acknowledged.map(({ id }) => id), recorded, sent });
}

/** @param found recorded rows and messages, in their order of each user */
export function compare({
  acknowledged,
  recorded,
  sent,
}: {
  readonly acknowledged: readonly string[];
  readonly recorded: readonly Found[];
  readonly sent: readonly Found[];
}): Faults {
  const [recordedIds, sentIds, acknowledgedIds] = [idsOf(recorded), idsOf(sent), new Set(acknowledged)];
  const firstSent = firstOfEach(sent);
  return {
    lost: new Set(acknowledged.filter((id) => !recordedIds.has(id) || !sentIds.has(id))),
    doubled: new Set(repeated(recorded).map(({ id }) => id)),
    outOfOrder: new Set([...behindLater(recorded), ...behindLater(firstSent)].map(({ id }) => id)),
    repeatedMessages: sent.length - firstSent.length,
    unacknowledged: [...recordedIds].filter((id) => !acknowledgedIds.has(id)).length,
  };
}

async function readRecorded(db: Database): Promise<Found[]> {
  const { rows } = await db.query<Found>(
    'select event_id as id, user_id as user, session_id::int as nth from interactions where starts_with(user_id, $1) order by seq',
    [USER_PREFIX],
  );
  return rows;
}

const idsOf = (found: readonly Found[]) => new Set(found.map(({ id }) => id));
const placeOf = ({ user, nth }: Found) => `${user} ${nth}`;

/** Told by whose it is and which, not by its id: the same event under two ids is doubled too. */
function repeated(found: readonly Found[]): Found[] {
  const places = new Set<string>();
  return found.filter((one) => {
    const isKnown = places.has(placeOf(one));
    places.add(placeOf(one));
    return isKnown;
  });
}

function firstOfEach(found: readonly Found[]): Found[] {
  const again = new Set(repeated(found));
  return found.filter((one) => !again.has(one));
}

function behindLater(found: readonly Found[]): Found[] {
  const latest = new Map<string, number>();
  return found.filter(({ user, nth }) => {
    const before = latest.get(user) ?? 0;
    latest.set(user, Math.max(before, nth));
    return nth < before;
  });
}
