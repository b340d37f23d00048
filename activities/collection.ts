import path from 'node:path';
import type { CollectionInput } from '../contracts/collection.ts';
import { writePopularMovies } from '../domain/catalogue/popularMovies.ts';
import { writeWatchLog } from '../domain/catalogue/watchLog.ts';
import type { Pool } from '../platform/postgres.ts';
import { underWay } from '../platform/temporal/activity.ts';

export interface CollectionDeps {
  readonly pool: Pool;
  /** Folder of raw/ and processed/. */
  readonly dataDir: string;
}

export function createCollectionActivities({ pool, dataDir }: CollectionDeps) {
  return {
    async writePopularMovies({ source }: CollectionInput): Promise<{ path: string; movies: number }> {
      const file = path.join(dataDir, 'raw', source, 'popular.json');
      return { path: file, movies: await writePopularMovies(pool, source, file) };
    },

    async writeWatchLog(): Promise<{ path: string; parquet_path: string; rows: number }> {
      const [csv, parquet] = ['watch_log.csv', 'watch_log.parquet'].map((name) => path.join(dataDir, 'processed', name)) as [
        string,
        string,
      ];
      const rows = await writeWatchLog(pool, { csv, parquet }, underWay().signal);
      return { path: csv, parquet_path: parquet, rows };
    },
  };
}

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;
