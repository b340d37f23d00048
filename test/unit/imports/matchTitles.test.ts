import { describe, expect, test } from '@jest/globals';
import { createTitleMatcher, type Titled } from '../../../domain/imports/staging/matchTitles.ts';

const movie = (movie_id: number, title: string, release_year: number | null, ...genres: string[]) => ({
  movie_id,
  title,
  release_year,
  genres,
});
const match = createTitleMatcher([
  movie(1, 'Postino, Il (The Postman)', 1994, 'Drama'),
  movie(2, 'Star Wars: Episode IV - A New Hope', 1977, 'Action', 'Sci-Fi'),
  movie(3, 'Star Wars: Episode V - The Empire Strikes Back', 1980, 'Action', 'Sci-Fi'),
  movie(4, 'Wallace & Gromit: The Wrong Trousers', 1993, 'Animation'),
  movie(5, 'Fear', 1996, 'Thriller'),
  movie(6, 'Emma', 1996, 'Drama'),
  movie(7, 'Emma', 1996, 'Comedy', 'Drama'),
  movie(8, 'Underworld', 1996, 'Thriller'),
  movie(9, 'Underneath', 1995, 'Mystery'),
  movie(10, 'Romeo + Juliet', 1996, 'Drama'),
  movie(11, 'No year', null, 'Drama'),
]);
const titled = (title: string | null, release_year: number | null, ...genres: string[]): Titled => ({ title, release_year, genres });

describe('a title finds its movie in the catalogue', () => {
  test.each<[string, Titled, number, string]>([
    ['whatever its article, accents and punctuation are', titled('Il Póstino!', 1994), 1, 'title_and_year'],
    ['by what stands in brackets', titled('The Postman', 1994), 1, 'title_and_year'],
    ['where one writes + and the other and', titled('Romeo and Juliet', 1996), 10, 'title_and_year'],
    ['a year off, where a genre is the same', titled('Underworld', 1997, 'Thriller'), 8, 'year_one_off'],
    ['before its colon', titled('Star Wars', 1977, 'Sci-Fi', 'War'), 2, 'part_of_title'],
    ['behind its dash', titled('Empire Strikes Back, The', 1980, 'Action'), 3, 'part_of_title'],
    ['behind its colon', titled('Wrong Trousers, The', 1993, 'Animation', 'Comedy'), 4, 'part_of_title'],
    ['without its article', titled('Underneath, The', 1995, 'Mystery'), 9, 'part_of_title'],
  ])('%s', (_, given, movie_id, rule) => {
    expect(match(given)).toEqual({ movie_id, rule });
  });
});

test.each<[string, Titled]>([
  ['two years off', titled('Underworld', 1998, 'Thriller')],
  ['a year off, and of another genre', titled('Underworld', 1997, 'Romance')],
  ['of two movies', titled('Emma', 1996, 'Drama')],
  ['a part of the title, and of another genre', titled('Star Wars', 1977, 'Romance')],
  ['without its article, and a year off', titled('Fear, The', 1995, 'Thriller')],
  ['without a year', titled('No year', null, 'Drama')],
  ['none', titled(null, 1996)],
])('a title finds none where it is %s', (_, given) => {
  expect(match(given)).toBeNull();
});
