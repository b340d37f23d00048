import type { Pages } from '../section.ts';
import { Data, MoviePage, MovieSearch, QualityPage, UserPage } from './data.tsx';

export const PAGES: Pages = [
  ['/data', () => <Data />],
  ['/data/movies', () => <MovieSearch />],
  ['/data/movies/:id', ({ id = '' }) => <MoviePage id={id} />],
  ['/data/users/:id', ({ id = '' }) => <UserPage id={id} />],
  ['/data/quality/:subject/:run', ({ subject = '', run = '' }) => <QualityPage subject={subject} run={run} />],
];
