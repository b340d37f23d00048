import { z } from 'zod';

/** The tags by which what was logged is found again on the server, and told from what is not ours. */
export const RUN_TAG = 'movie_mlops.run_id';
export const VERSION_TAG = 'movie_mlops.version';
export const MODEL_TAG = 'movie_mlops.model';
/** Where a version is fetched from us. */
export const SOURCE_TAG = 'movie_mlops.source';

export const tagsSchema = z.array(z.object({ key: z.string(), value: z.string() })).default([]);
export const tagOf = (tags: z.output<typeof tagsSchema>, key: string): string | undefined => tags.find((tag) => tag.key === key)?.value;
