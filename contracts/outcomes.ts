import { z } from 'zod';
import { ATTRIBUTION_DAYS } from './abTests.ts';
import { routeNameSchema } from './routes.ts';
import { exactTime, namesOffset } from './time.ts';
import { integerQueryOr } from './integerQuery.ts';
import { ID_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

const count = z.number().int();
const figure = z.number().nullable();

/** What became of a number of answers that were shown. A figure is null where nothing can be divided by. */
export const outcomeSchema = z.object({
  answers: count.describe('That were shown'),
  shown: count.describe('Movies in them'),
  clicks: count.describe('Of these, the ones that were viewed, clicked, watched, bought, liked or rated, each once an answer'),
  clicked_answers: count.describe('Answers with such a movie'),
  converted_answers: count.describe('Answers with a movie that was liked, or rated 4 or better'),
  likes: count.describe('Movies, by the latest opinion on each'),
  dislikes: count.describe('Movies, by the latest opinion on each'),
  ratings: count.describe('Movies that were rated'),
  movies: count.describe('Different ones that were shown'),
  click_through_rate: figure.describe('clicks ÷ shown'),
  answer_click_rate: figure.describe('clicked_answers ÷ answers'),
  conversion_rate: figure.describe('converted_answers ÷ answers'),
  mean_position: figure.describe('Of the clicked movies, the first being 1'),
  mean_reciprocal_rank: figure.describe('Mean over the answers of one by the place of the best placed click; 0 of an answer without'),
  mean_rating: figure.describe('Of the latest ratings of movies that were shown; whoever rates chose to'),
  like_share: figure.describe('likes ÷ (likes + dislikes)'),
  coverage: figure.describe('movies ÷ movies of the catalogue'),
  novelty: figure.describe(
    'Mean over the movies shown of -log2 of the share of users who had chosen each (Zhou et al. 2010, Vargas and Castells 2011), in bits',
  ),
});
export type Outcome = z.infer<typeof outcomeSchema>;
