/** MovieLens' genres, in the order that a genre vector has. https://files.grouplens.org/datasets/movielens/ml-latest-README.html */
export const GENRES = [
  'Action',
  'Adventure',
  'Animation',
  'Children',
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Fantasy',
  'Film-Noir',
  'Horror',
  'IMAX',
  'Musical',
  'Mystery',
  'Romance',
  'Sci-Fi',
  'Thriller',
  'War',
  'Western',
] as const;

/** Ratings at the user's own mean that each genre is credited with, so that a single rating does not decide. */
export const GENRE_DAMPING = 5;
