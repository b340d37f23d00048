import type { QueryConfig } from 'pg';
import type { Database, Pool } from '../../platform/postgres.ts';

/**
 * A database that answers nothing and says how it would go about each statement; of one that is prepared, by the plan that serves all values.
 * @param plans to which each is added @param answer what each statement is answered with
 */
export const explaining = (pool: Pool, plans: string[], answer: readonly object[] = []): Database =>
  ({
    query: async (query: string | QueryConfig, values?: unknown[]) => {
      const { rows } = await (typeof query === 'string'
        ? pool.query<{ 'QUERY PLAN': string }>(`explain ${query}`, values)
        : pool.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${query.text}`));
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return { rows: answer };
    },
  }) as unknown as Database;
