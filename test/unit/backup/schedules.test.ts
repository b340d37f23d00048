import { expect, test } from '@jest/globals';
import { readConfig } from '../../../platform/config.ts';
import { ensureDefaultSchedules } from '../../../workers/control/reconcileRuns.ts';

const OF_BACKUPS = ['backup', 'restore-drill'];

test('backups have schedules where BACKUP_URL says where they lie, and there alone', async () => {
  const made = async (env: Record<string, string>) => {
    const ids: string[] = [];
    const createIfMissing = async (id: string) => ids.push(id) > 0;
    await ensureDefaultSchedules({ createIfMissing }, readConfig(env));
    return ids;
  };
  const without = await made({});
  expect(without).toEqual(expect.arrayContaining(['blob-cleanup', 'data-retention', 'movie-training-pipeline']));
  expect(without.filter((id) => OF_BACKUPS.includes(id))).toEqual([]);
  expect(await made({ BACKUP_URL: 'file:backups' })).toEqual(expect.arrayContaining(OF_BACKUPS));
});
