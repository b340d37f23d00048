import { Context } from '@temporalio/activity';
import path from 'node:path';
import type { CollectionInput, LoadCounts } from '../contracts/collection.ts';
import { writePopularMovies } from '../domain/catalogue/popularMovies.ts';
import { loadMovies, loadRatings } from '../domain/catalogue/load.ts';
import { createMovieLensSource } from '../domain/catalogue/movielens.ts';
import { writeRejects } from '../domain/catalogue/rejects.ts';
import type { Reject } from '../domain/catalogue/source.ts';
import { writeWatchLog } from '../domain/catalogue/watchLog.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface CollectionDeps {
  readonly pool: Pool;
  readonly log: Logger;
  /** Folder of raw/ and processed/. */
  readonly dataDir: string;
  /** Folder of the MovieLens sample. */
  readonly sampleDir: string;
}

type Loaded = LoadCounts & { rejects_path: string | null };

export function createCollectionActivities({ pool, log, dataDir, sampleDir }: CollectionDeps) {
  const sourceOf = ({ path: folder }: CollectionInput) => createMovieLensSource(path.resolve(folder ?? sampleDir));
  const rejectsFile = (rows: string) => path.join(dataDir, 'processed', 'rejects', ...currentRun().split('/'), `${rows}.csv`);

  const load = (load: typeof loadMovies, rows: string, input: CollectionInput): Promise<Loaded> =>
    withHeartbeat(async (signal, report) => {
      const rejects: Reject[] = [];
      const onProgress = (read: number) => report({ rows, read });
      const counts = await load(pool, sourceOf(input), { signal, onProgress, onReject: (reject) => void rejects.push(reject) });
      const rejectsPath = await writeRejects(rejectsFile(rows), rejects);
      log.info({ rows, ...counts, rejects_path: rejectsPath }, 'rows loaded');
      return { ...counts, rejects_path: rejectsPath };
    });

  return {
    loadMovies: (input: CollectionInput): Promise<Loaded> => load(loadMovies, 'movies', input),

    loadRatings: (input: CollectionInput): Promise<Loaded> => load(loadRatings, 'ratings', input),

    async writePopularMovies({ source }: CollectionInput): Promise<{ path: string; movies: number }> {
      const file = path.join(dataDir, 'raw', source, 'popular.json');
      return { path: file, movies: await withHeartbeat(() => writePopularMovies(pool, source, file)) };
    },

    async writeWatchLog(): Promise<{ path: string; parquet_path: string; rows: number }> {
      const [csv, parquet] = ['watch_log.csv', 'watch_log.parquet'].map((name) => path.join(dataDir, 'processed', name)) as [
        string,
        string,
      ];
      const rows = await withHeartbeat((signal) => writeWatchLog(pool, { csv, parquet }, signal));
      return { path: csv, parquet_path: parquet, rows };
    },
  };
}

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

const currentRun = () => Context.current().info.workflowExecution?.workflowId ?? 'unknown';
