import type { BackedUpEngines } from '../../contracts/backup.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Database } from '../../platform/postgres.ts';
import type { TemporalSchedules } from '../../platform/temporal/schedules.ts';

/** The engines beside the database. */
export interface Engines {
  readonly kafka: Kafka;
  readonly schedules: Pick<TemporalSchedules, 'list' | 'put'>;
}

const RUNS_NAMED = 1_000;

type Read = Pick<BackedUpEngines, 'offsets' | 'schedules'> & { readonly lacks: string[] };

/**
 * Where consumers stand, and the schedules. Read before the database is: what is committed in Kafka is stored by then, so that a consumer which goes on there
 * misses nothing, and gets some messages twice. An engine that is away does not keep the database from being saved.
 */
export async function readEngines({ kafka, schedules }: Engines): Promise<Read> {
  const lacks: string[] = [];
  const orWithout = async <T>(what: string, read: Promise<T>): Promise<T | null> =>
    read.catch((error: unknown) => {
      lacks.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    });
  const [groups, listed] = await Promise.all([
    orWithout('offsets of consumers', kafka.browse.groups()),
    orWithout('schedules', schedules.list()),
  ]);
  const offsets =
    groups?.flatMap(({ name: group, topics }) =>
      topics.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, committed }) =>
          committed === undefined || committed === '-1' ? [] : [{ group, topic, partition, offset: committed }],
        ),
      ),
    ) ?? null;
  return { offsets, schedules: listed?.map((schedule) => ({ ...schedule })) ?? null, lacks };
}

export async function listOpenRuns(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ run_id: string }>(
    `select run_id from runs where state in ('queued', 'running') order by created_at desc limit $1`,
    [RUNS_NAMED],
  );
  return rows.map(({ run_id }) => run_id);
}

/** @returns how many partitions consumers go on at. A topic that is not there yet has nothing to go on in. */
export async function restoreOffsets(kafka: Kafka, offsets: NonNullable<BackedUpEngines['offsets']>): Promise<number> {
  const topics = new Map((await kafka.browse.topics()).map(({ name, partitions }) => [name, partitions]));
  let restored = 0;
  for (const group of new Set(offsets.map(({ group: name }) => name))) {
    for (const topic of new Set(offsets.filter((one) => one.group === group).map(({ topic: name }) => name))) {
      const wanted = offsets.filter((one) => one.group === group && one.topic === topic);
      const within = wanted.flatMap(({ partition, offset }) => {
        const range = topics.get(topic)?.find((one) => one.partition === partition);
        return range ? [{ partition, offset: clamp(offset, range.first, range.next) }] : [];
      });
      if (within.length > 0) await kafka.setOffsets(group, topic, within);
      restored += within.length;
    }
  }
  return restored;
}

/** A topic that was made anew ends earlier, and old messages go. */
function clamp(offset: string, first: string, next: string): string {
  const [wanted, low, high] = [offset, first, next].map(BigInt) as [bigint, bigint, bigint];
  return String(wanted < low ? low : wanted > high ? high : wanted);
}
