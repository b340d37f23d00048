import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Files of a set by name, as bytes: older sets are in Latin-1. */
export type SetFiles = Readonly<Record<string, Buffer | string>>;

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const TOY_STORY_FLAGS = '0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0';
const NO_FLAGS = '1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0';

/** As ml-latest-small, 20M, 25M and 32M are. */
export const CSV_SET: SetFiles = {
  'movies.csv': 'movieId,title,genres\n1,Toy Story (1995),Adventure|Animation|Children\n2,"American President, The (1995)",Comedy|Drama\n',
  'links.csv': 'movieId,imdbId,tmdbId\n1,0114709,862\n2,0112346,9087\n',
  'tags.csv': 'userId,movieId,tag,timestamp\n2,1,"fun, really",1445714994\n',
  'ratings.csv': 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,2,0.5,964981247\n2,1,5.0,1445714835\n',
};

/** As 1M is: `::`, Latin-1, users with the first year of their age group. */
export const DAT_SET: SetFiles = {
  'movies.dat': latin1("1::Toy Story (1995)::Animation|Children's|Comedy\n2::Misérables, Les (1995)::Drama|Musical\n"),
  'users.dat': latin1('1::F::1::10::48067\n2::M::56::16::70072\n'),
  'ratings.dat': latin1('1::1::5::978300760\n1::2::3::978302109\n2::1::4::978298413\n'),
};

/** As 100K is: tabs and bars, Latin-1, ids that no other set shares, users with their years. */
export const TAB_SET: SetFiles = {
  'u.item': latin1(
    `7|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|${TOY_STORY_FLAGS}\n` +
      `8|Misérables, Les (1995)|01-Jan-1995||http://us.imdb.com/|${NO_FLAGS}\n` +
      `9|unknown||||${NO_FLAGS}\n`,
  ),
  'u.user': '1|24|M|technician|85711\n2|53|F|other|94043\n',
  'u.data': '1\t7\t3\t881250949\n2\t8\t5\t891717742\n2\t9\t1\t878887116\n',
};

/** Writes a set into a folder of the name. @returns the folder */
export async function writeSet(parent: string, name: string, files: SetFiles): Promise<string> {
  const folder = path.join(parent, name);
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([file, content]) => writeFile(path.join(folder, file), content)));
  return folder;
}
