import { LRUCache } from 'lru-cache';
import { Agent, request } from 'undici';
import { Failure, missing, unavailable } from '../../contracts/failures.ts';

export interface Image {
  /** As it was sent: one of TYPES */
  readonly type: string;
  readonly bytes: Buffer;
}

export interface TmdbImages {
  /**
   * A poster by its path, as TMDB said it.
   * @throws Failure `missing` where the path is none of an image, or TMDB has none there; `unavailable` while it does not answer
   */
  get(path: string): Promise<Image>;
  close(): Promise<void>;
}

/** Of a list of movies, on a screen with two pixels in the place of one. */
const WIDTH = 'w185';
/** Nothing that leads elsewhere fits. */
const IMAGE_PATH = /^\/[\w-]{1,100}\.(jpe?g|png|webp)$/;
/** What a browser shows without running anything of it. */
const TYPES = ['image/jpeg', 'image/png', 'image/webp'];
const IMAGE_BYTES = 1024 * 1024;
const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
/** Some thousand posters. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** In memory alone, and long before TMDB's terms say that it must go. */
const KEPT_MS = 86_400_000;
const CONNECTIONS = 4;
const TIMEOUT_MS = 5_000;
/** Where nobody answers, others need not find that out by waiting as long. */
const AWAY_MS = 30_000;

/** @param url of TMDB's images, such as `https://image.tmdb.org/t/p`: nobody else is asked, and no redirect is followed */
export function createTmdbImages({ url }: { url: string }): TmdbImages {
  const agent = new Agent({ connections: CONNECTIONS, connect: { timeout: TIMEOUT_MS }, maxResponseSize: IMAGE_BYTES });
  let awayUntil = 0;

  async function fetchImage(path: string): Promise<Image> {
    if (Date.now() < awayUntil) throw away();
    const address = `${url.replace(/(?<!\/)\/+$/, '')}/${WIDTH}${path}`;
    try {
      const { statusCode, headers, body } = await request(address, { dispatcher: agent, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const type = String(headers['content-type']).split(';')[0]!.trim().toLowerCase();
      const isImage = statusCode === 200 && TYPES.includes(type);
      if (!isImage) await body.dump();
      if (statusCode === 404) throw missing('TMDB has no such image');
      if (!isImage) throw away();
      return { type, bytes: Buffer.from(await body.arrayBuffer()) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      if ((error as { code?: string }).code !== TOO_LARGE) awayUntil = Date.now() + AWAY_MS;
      throw away();
    }
  }

  const kept = new LRUCache<string, Image>({
    maxSize: KEPT_BYTES,
    ttl: KEPT_MS,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes.length),
    // Who asks for the same meanwhile gets the same answer.
    fetchMethod: fetchImage,
  });
  return {
    async get(path) {
      if (!IMAGE_PATH.test(path)) throw missing('There is no poster');
      return (await kept.fetch(path))!;
    },
    close: () => agent.destroy(),
  };
}

const away = () => unavailable('The host of images of TMDB');
