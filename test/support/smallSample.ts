import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { writeSet } from './movieLensSets.ts';

const SAMPLE = path.join(PROJECT_ROOT, 'data', 'movielens-small');
const FILES = ['movies.csv', 'links.csv', 'tags.csv', 'ratings.csv'] as const;

/**
 * What the first users of the MovieLens sample say, with the movies they rated: real tastes, learnt in a moment.
 * @returns the folder, a set of its own
 */
export async function writeSmallSample(parent: string, { users = 100 } = {}): Promise<string> {
  const [movies, links, tags, ratings] = await Promise.all(
    FILES.map(async (name) => split(await readFile(path.join(SAMPLE, name), 'utf8'))),
  );
  const theirs = (rows: string[]) => rows.filter((row) => Number(field(row, 0)) <= users);
  const kept = theirs(ratings!.rows);
  const rated = new Set(kept.map((row) => field(row, 1)));
  const ofRated = (rows: string[]) => rows.filter((row) => rated.has(field(row, 0)));
  return writeSet(parent, 'small-sample', {
    'movies.csv': join(movies!.header, ofRated(movies!.rows)),
    'links.csv': join(links!.header, ofRated(links!.rows)),
    'tags.csv': join(
      tags!.header,
      theirs(tags!.rows).filter((row) => rated.has(field(row, 1))),
    ),
    'ratings.csv': join(ratings!.header, kept),
  });
}

function split(text: string): { header: string; rows: string[] } {
  const [header = '', ...rows] = text.trimEnd().split(/\r?\n/);
  return { header, rows };
}
const join = (header: string, rows: string[]) => `${[header, ...rows].join('\n')}\n`;
const field = (row: string, index: number) => row.split(',', index + 1)[index]!;
