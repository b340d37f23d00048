import type { Interactions } from './interactions.ts';

/** Ratings that a movie or user is credited with at the overall mean, so that a single rating does not decide. */
export const DAMPING = 5;

export const dampedMean = (sum: number, count: number, overall: number): number => (sum + DAMPING * overall) / (count + DAMPING);

/** Overall mean; the middle of the scale where there is no rating. */
export const meanRating = ({ rating, length }: Interactions): number =>
  length === 0 ? 2.75 : rating.reduce((sum, value) => sum + value, 0) / length;

/** The rating classes: half stars from 0.5 to 5. */
export const RATING_CLASSES = 10;
export const ratingOfClass = (index: number): number => (index + 1) / 2;
export const classOfRating = (rating: number): number => Math.min(RATING_CLASSES, Math.max(1, Math.round(rating * 2))) - 1;

/** The half star nearest to each rating. */
export const halfStarsOf = (ratings: Float32Array): Float32Array => ratings.map((rating) => ratingOfClass(classOfRating(rating)));
