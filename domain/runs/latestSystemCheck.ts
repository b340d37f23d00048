import { fullSystemCheckResultSchema, type FullSystemCheckResult } from '../../contracts/systemCheck.ts';
import type { WorkflowType } from '../../contracts/workflows.ts';
import type { Database } from '../../platform/postgres.ts';

const CHECK: WorkflowType = 'fullSystemCheck';

/** What the newest run found that asked the nine systems; undefined where there was none, or one of a release that told it otherwise. */
export async function latestSystemCheck(db: Database): Promise<FullSystemCheckResult | undefined> {
  const { rows } = await db.query<{ result: unknown }>(
    "select result from runs where workflow = $1 and state = 'success' order by created_at desc limit 1",
    [CHECK],
  );
  return fullSystemCheckResultSchema.safeParse(rows[0]?.result).data;
}
