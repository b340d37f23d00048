import path from 'node:path';
import type { AskedDetails, Erased, FetchedPages, LoadedList, PageRange, TmdbList } from '../contracts/tmdb.ts';
import type { TmdbClient } from '../domain/tmdb/client.ts';
import { chooseExpiring, chooseStale, collectDetails } from '../domain/tmdb/details.ts';
import { fetchPages } from '../domain/tmdb/fetchPages.ts';
import { collectGenres } from '../domain/tmdb/genreNames.ts';
import { loadList } from '../domain/tmdb/loadList.ts';
import { writeTmdbPopular } from '../domain/tmdb/popular.ts';
import { createRawAnswers } from '../domain/tmdb/rawAnswers.ts';
import { eraseExpired } from '../domain/tmdb/retention.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { underWay } from '../platform/temporal/activity.ts';

export interface TmdbDeps {
  readonly pool: Pool;
  readonly log: Logger;
  /** Folder of raw/. */
  readonly dataDir: string;
  readonly client: TmdbClient;
}

export function createTmdbActivities({ pool, log, dataDir, client }: TmdbDeps) {
  const folder = path.join(dataDir, 'raw', 'tmdb');
  const raw = createRawAnswers(folder);

  async function askForDetails(day: string, choose: () => Promise<number[]>): Promise<AskedDetails> {
    const { signal, report } = underWay();
    const tmdbIds = await choose();
    const onMovie = (movie: number) => report({ movie, movies: tmdbIds.length });
    const counts = await collectDetails({ pool, client, raw }, { day, tmdbIds }, { signal, onMovie });
    log.info({ ...counts }, 'details asked for');
    return counts;
  }

  return {
    hasTmdbKey: async (): Promise<boolean> => client.hasKey,

    fetchTmdbGenres: ({ day }: { day: string }): Promise<number> => collectGenres({ db: pool, client, raw }, day, underWay().signal),

    async fetchTmdbPages(range: PageRange): Promise<FetchedPages> {
      const { signal, report } = underWay();
      const onPage = (page: number, pages: number) => report({ list: range.list, page, pages });
      const fetched = await fetchPages({ client, raw }, range, { signal, onPage });
      log.info({ ...range, ...fetched }, 'pages fetched');
      return fetched;
    },

    async loadTmdbList(input: { day: string; list: TmdbList; pages: number }): Promise<LoadedList> {
      const counts = await loadList({ pool, raw }, input);
      log.info({ ...counts }, 'list loaded');
      return counts;
    },

    fetchStaleTmdbDetails: ({ day, stale_days, limit }: { day: string; stale_days: number; limit: number }): Promise<AskedDetails> =>
      askForDetails(day, () => chooseStale(pool, { staleDays: stale_days, limit })),

    writeTmdbPopular: async ({ day, pages }: { day: string; pages: number }): Promise<{ path: string; movies: number }> => {
      const file = path.join(folder, 'popular.json');
      return { path: file, movies: await writeTmdbPopular({ db: pool, raw }, { day, pages, file }) };
    },

    /** Without a key there is nobody to ask, and what expires is erased. */
    refreshExpiringTmdb: ({ day, limit }: { day: string; limit: number }): Promise<AskedDetails> =>
      askForDetails(day, async () => (client.hasKey ? chooseExpiring(pool, limit) : [])),

    eraseExpiredTmdb: async (): Promise<Erased> => {
      const erased = await eraseExpired(pool, folder);
      log.info({ ...erased }, 'what was too old is erased');
      return erased;
    },
  };
}

export type TmdbActivities = ReturnType<typeof createTmdbActivities>;
