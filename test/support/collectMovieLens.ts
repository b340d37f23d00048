import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StagedKind } from '../../contracts/dataImport.ts';
import { publishSet } from '../../domain/imports/publishSet.ts';
import { dropStaging } from '../../domain/imports/staging/staging.ts';
import { stageSet } from '../../domain/imports/staging/stageSet.ts';
import { checkStagedSet } from '../../domain/imports/quality/checkStagedSet.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import type { Pool } from '../../platform/postgres.ts';

const SAMPLE = path.join(PROJECT_ROOT, 'data', 'movielens-small');
const RUN = 'collection/test';

/** Brings a MovieLens set of the latest family into the catalogue by the steps that the collection takes; the sample where no folder is given. */
export async function collectMovieLens(pool: Pool, folder = SAMPLE): Promise<void> {
  const rejects = await mkdtemp(path.join(tmpdir(), 'rejects '));
  const rejectsFileOf = (kind: StagedKind) => path.join(rejects, `${kind}.csv`);
  const nothing = () => undefined;
  const bounds = { maxRejectShare: 0, maxVolumeDrop: 1, volumeRuns: 1, maxAgeDays: undefined };
  const set = { folder, format: 'csv', dataset: 'movielens', source: 'movielens', user_prefix: '' } as const;
  const { signal } = new AbortController();
  await stageSet(pool, set, { runId: RUN, rejectsFileOf, signal, onProgress: nothing, onResume: nothing });
  await checkStagedSet(pool, set, { runId: RUN, bounds, rejectsFileOf, signal });
  await publishSet(pool, RUN, set);
  await dropStaging(pool, RUN);
  await rm(rejects, { recursive: true });
}
