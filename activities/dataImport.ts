import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { LoadCounts } from '../contracts/collection.ts';
import { type DataImportInput, type MovieLensRef, type SetRef, type StagedKind } from '../contracts/dataImport.ts';
import { encodingNamed } from '../contracts/encoding.ts';
import { permanent } from '../contracts/failures.ts';
import type { QualityBounds } from '../contracts/settings/quality.ts';
import { findEncoding } from '../domain/imports/opening/findEncoding.ts';
import { openSet, setNameOf } from '../domain/imports/opening/openSet.ts';
import { haveSameRatings } from '../domain/imports/opening/sameRatings.ts';
import { publishSet } from '../domain/imports/publishSet.ts';
import { dropErasedRows } from '../domain/imports/dropErasedRows.ts';
import { dropStaging } from '../domain/imports/staging/staging.ts';
import { createProgressMeter } from '../domain/imports/staging/progressMeter.ts';
import { isOwnLog, openOwn, refuseOwnOptions, withoutEnding } from '../domain/imports/own/openOwn.ts';
import { stageOwn } from '../domain/imports/own/stageOwn.ts';
import { stageSet, type StageProgress } from '../domain/imports/staging/stageSet.ts';
import { checkStagedSet } from '../domain/imports/quality/checkStagedSet.ts';
import { brokenRulesText } from '../domain/imports/quality/qualityReports.ts';
import type { ErasedUsers } from '../domain/users/erased.ts';
import type { Config } from '../platform/config.ts';
import { folderOfRun } from '../platform/folderOfRun.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId, underWay } from '../platform/temporal/activity.ts';

export interface DataImportDeps {
  readonly pool: Pool;
  readonly log: Logger;
  /** Folder of raw/ and processed/. */
  readonly dataDir: string;
  /** Folder of the MovieLens sample. */
  readonly sampleDir: string;
  readonly bounds: QualityBounds;
  readonly sources: Config['imports'];
  /** Whose rows of the time before are not taken in; nobody's are left out when missing */
  readonly erased?: ErasedUsers;
}

/** What of a set was published, by kind. */
export type Published = Record<StagedKind, LoadCounts & { rejects_path: string | null }>;

/** @property text_encoding name of the encoding of its titles, told or found; of own files, as it was told */
export type ImportedSet = SetRef & { readonly text_encoding?: string };

const SAMPLE = { dataset: 'movielens', source: 'movielens', user_prefix: '' };

/** The steps that every set takes on its way into the catalogue; the run's id ties them together. */
export function createDataImportActivities({ pool, log, dataDir, sampleDir, bounds, sources, erased }: DataImportDeps) {
  const workFolder = () => path.join(dataDir, 'raw', 'imports', folderOfRun(currentWorkflowId()));
  const rejectsFileOf = (kind: StagedKind) => path.join(dataDir, 'processed', 'rejects', folderOfRun(currentWorkflowId()), `${kind}.csv`);
  const open = (place: Pick<DataImportInput, 'path' | 'format'>) => {
    const { signal, report } = underWay();
    const onBytes = (bytes: number, total: number | null) => report({ bytes, ...(total && { of: total }) });
    return openSet(place, { ...sources, workFolder: workFolder(), signal, onBytes });
  };

  return {
    /** Makes an imported set ready to be read; its users carry its name. The sample stays the sample, wherever it lies: no rating counts twice. */
    async openImportedSet(input: DataImportInput): Promise<ImportedSet> {
      const { path: place, format, encoding } = input;
      if (await isOwnLog(place)) {
        const own = await openOwn(input, input.name ?? setNameOf(withoutEnding(place)));
        return { ...own, ...(encoding !== undefined && { text_encoding: encodingNamed(encoding)! }) };
      }
      refuseOwnOptions(input);
      const name = input.name ?? setNameOf(place);
      const opened = await open({ path: place, format });
      const found = encoding === undefined ? await findEncoding(opened.folder, opened.format) : encodingNamed(encoding)!;
      const set = { ...opened, ...(encoding !== undefined && { encoding }), text_encoding: found };
      if (await haveSameRatings(set.folder, sampleDir)) return { ...set, ...SAMPLE };
      return { ...set, dataset: name, source: name, user_prefix: `${name}:` };
    },

    /** Makes the collection's own set ready: the sample, or another in a folder; its users have no prefix. */
    async openCollectedSet({ path: place }: { path?: string | undefined }): Promise<MovieLensRef> {
      const set = await open({ path: place ?? sampleDir, format: 'auto' });
      return { ...set, ...SAMPLE, ...(place !== undefined && { dataset: `${SAMPLE.dataset}:${place}` }) };
    },

    async stageSet(set: SetRef): Promise<void> {
      const { signal, report } = underWay();
      const measure = createProgressMeter();
      const options = {
        runId: currentWorkflowId(),
        rejectsFileOf,
        signal,
        onProgress: (progress: StageProgress) => report(measure(progress)),
        onResume: (fromLine: number) => log.info({ from_line: fromLine }, 'reading goes on'),
      };
      await (set.format === 'own' ? stageOwn(pool, set, options) : stageSet(pool, set, options));
      log.info({ dataset: set.dataset, format: set.format }, 'set staged');
    },

    async checkDataQuality(set: SetRef): Promise<{ rules: number; newest_at: string | null }> {
      const { signal } = underWay();
      const report = await checkStagedSet(pool, set, { runId: currentWorkflowId(), bounds, rejectsFileOf, signal });
      for (const { rule, passed, detail } of report.rules) log[passed ? 'info' : 'error']({ rule, passed, detail }, 'quality rule');
      if (!report.passed) throw permanent('QualityGateFailed', brokenRulesText(report));
      return { rules: report.rules.length, newest_at: report.newest_at?.toISOString() ?? null };
    },

    async publishSet(set: SetRef): Promise<Published> {
      const runId = currentWorkflowId();
      const dropped = erased ? await dropErasedRows(pool, erased, runId) : 0;
      if (dropped > 0) log.info({ rows: dropped }, 'rows of erased users are left out');
      const counts = await publishSet(pool, runId, set);
      const withPath = (kind: StagedKind) => ({ ...counts[kind], rejects_path: counts[kind].rejected > 0 ? rejectsFileOf(kind) : null });
      const published = { movies: withPath('movies'), users: withPath('users'), ratings: withPath('ratings') };
      log.info({ dataset: set.dataset, ...published }, 'set published');
      return published;
    },

    /** Removes what the run has staged, downloaded and unpacked. The rows that were set aside stay. */
    async discardStaging(): Promise<void> {
      await dropStaging(pool, currentWorkflowId());
      await rm(workFolder(), { recursive: true, force: true });
    },
  };
}

export type DataImportActivities = ReturnType<typeof createDataImportActivities>;
