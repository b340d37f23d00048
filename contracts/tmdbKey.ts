import { permanent } from './failures.ts';

/** A v4 read access token goes into a header, a v3 key into the query. */
export type TmdbKey = { readonly version: 'v4'; readonly token: string } | { readonly version: 'v3'; readonly key: string };

const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const HOW_TO_GET_ONE =
  'A key is free for non-commercial use: make an account at https://www.themoviedb.org, then ask for an API key at ' +
  'https://www.themoviedb.org/settings/api, and set TMDB_API_KEY in .env to the "API Read Access Token" (v4) or the "API Key" (v3).';

/**
 * Tells the two kinds of key apart: a v4 token is a JSON web token, anything else is taken for a v3 key.
 * @throws Failure `SourceUnavailable` where there is none, with how to get one
 */
export function readTmdbKey(text: string | undefined): TmdbKey {
  if (!text) throw permanent('SourceUnavailable', `TMDB needs a key, and TMDB_API_KEY is not set. ${HOW_TO_GET_ONE}`);
  return JWT.test(text) ? { version: 'v4', token: text } : { version: 'v3', key: text };
}

/** What was sent, in words that do not tell it. */
export const describeTmdbKey = ({ version }: TmdbKey): string =>
  version === 'v4' ? 'a v4 read access token' : 'a v3 key, since it is no JSON web token';
