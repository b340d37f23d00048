/** Nine digits: what the catalogue holds, also with 100K's ids moved up. */
export const MAX_MOVIE_ID = 999_999_999;

/** `987654.0`, as a table of floating numbers writes it, is 987654. */
export const wholeNumber = (text: string): string => text.replace(/^(-?\d+)\.0+$/, '$1');

/** Ids of users are text behind the set's name, and so of any ten digits. */
export const isUserId = (text: string): boolean => /^[1-9]\d{0,9}$/.test(text);
export const isMovieId = (text: string): boolean => /^[1-9]\d{0,8}$/.test(text);
