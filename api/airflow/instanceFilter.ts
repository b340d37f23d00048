import type { z } from 'zod';
import { exactTime } from '../../contracts/time.ts';
import { parse } from '../../platform/http/validate.ts';
import { logicalDateOf } from './dagRun.ts';
import { refuseUnserved } from './filters.ts';
import type { InstanceOfRun } from './findInstances.ts';
import { listOf, type Query } from './query.ts';
import { instanceQuerySchema, type instanceFormSchema } from './schemas.ts';
import { toTaskInstance } from './taskInstance.ts';

type Told = ReturnType<typeof toTaskInstance>;

/** What task instances are narrowed by. */
export type InstanceFilter = Omit<z.infer<typeof instanceFormSchema>, 'dag_ids' | 'dag_run_ids' | 'page_limit' | 'page_offset'>;

const LISTS = ['state', 'pool', 'queue', 'executor'] as const;
const SERVED = [...Object.keys(instanceQuerySchema.shape), ...LISTS];

/** What a query asks for; values may be given several times, or with commas between. @throws Failure `invalid` */
export function readFilter(query: Query): InstanceFilter {
  refuseUnserved(query, SERVED);
  const given = LISTS.map((name) => [name, listOf(query, name).flatMap((value) => value.split(','))] as const);
  return { ...parse(instanceQuerySchema, query, 'query'), ...Object.fromEntries(given.filter(([, values]) => values.length > 0)) };
}

/** A task instance as Airflow tells it, where it is among those asked for. A bound leaves out what has no time yet, and `none` is no state. */
export function tellWhere(filter: InstanceFilter): (one: InstanceOfRun) => Told | undefined {
  return ({ run, instance }) => {
    const told = toTaskInstance(run, instance);
    const isAsked =
      isWithin(logicalDateOf(run), filter.execution_date_gte, filter.execution_date_lte) &&
      isWithin(told.start_date, filter.start_date_gte, filter.start_date_lte) &&
      isWithin(told.end_date, filter.end_date_gte, filter.end_date_lte) &&
      (!isGiven(filter.duration_gte) || (told.duration ?? -1) >= filter.duration_gte) &&
      (!isGiven(filter.duration_lte) || (told.duration ?? Infinity) <= filter.duration_lte) &&
      isAmong(told.state ?? 'none', filter.state) &&
      isAmong(told.pool, filter.pool) &&
      isAmong(told.queue ?? 'none', filter.queue) &&
      isAmong(told.executor ?? 'none', filter.executor) &&
      isAmong(told.task_id, filter.task_ids);
    return isAsked ? told : undefined;
  };
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

function isWithin(time: string | null, from: string | null | undefined, to: string | null | undefined): boolean {
  if (!isGiven(from) && !isGiven(to)) return true;
  const exact = time === null ? undefined : exactTime(time);
  return exact !== undefined && (!isGiven(from) || exact >= from) && (!isGiven(to) || exact <= to);
}

const isAmong = (value: string, asked: readonly string[] | null | undefined): boolean => !isGiven(asked) || asked.includes(value);
