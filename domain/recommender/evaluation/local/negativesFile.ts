import { readFile } from 'node:fs/promises';
import { withoutMark } from '../../../catalogue/decodeText.ts';
import { permanent } from '../../../../contracts/failures.ts';
import type { Interactions } from '../../data/interactions.ts';
import type { HeldOut } from '../negatives.ts';
import type { Snapshot } from '../../data/snapshot.ts';
import { TEST, TRAIN, VALIDATION } from '../../data/split.ts';

export interface GivenQuestions {
  readonly ranking: HeldOut[];
  /** Holds out what the file names, and of those users the latest other movie for validation. */
  readonly snapshot: Snapshot;
}

/**
 * Questions in the NCF paper's format (github.com/hexiangnan/neural_collaborative_filtering, `ml-1m.test.negative`): a line a user,
 * `(user,movie)` and the negatives, separated by tabs, in the ids of the data.
 * @throws Failure `SourceUnavailable` where there is no such file, `SourceCorrupt` that names the line
 */
export async function readNegatives(file: string, snapshot: Snapshot): Promise<GivenQuestions> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw permanent('SourceUnavailable', `there is no file ${file}`);
  });
  const lines = withoutMark(text).split(/\r?\n/).filter(Boolean);
  const asked = new Set<number>();
  const ranking = lines.map((line, nth) => {
    const fault = (reason: string) => permanent('SourceCorrupt', `${file}, line ${nth + 1}: ${reason}`);
    const question = toQuestion(line, snapshot.interactions, fault);
    if (asked.has(question.user)) throw fault(`user ${snapshot.interactions.users.ids[question.user]} stands here a second time`);
    asked.add(question.user);
    return question;
  });
  return { ranking, snapshot: { ...snapshot, rankingSplit: splitBy(ranking, snapshot.interactions) } };
}

function toQuestion(line: string, { users, movies }: Interactions, fault: (reason: string) => Error): HeldOut {
  const [pair = '', ...others] = line.split('\t').filter(Boolean);
  const [, userId, movieId] = /^\(([^,()]+),([^,()]+)\)$/.exec(pair) ?? [];
  if (userId === undefined || movieId === undefined) throw fault(`"${pair}" is not (user,movie)`);
  const movieAt = (id: string) => {
    const movie = movies.indexOf(id.trim());
    if (movie === undefined) throw fault(`movie ${id} is not in the data`);
    return movie;
  };
  const user = users.indexOf(userId.trim());
  if (user === undefined) throw fault(`user ${userId} is not in the data`);
  if (others.length === 0) throw fault('there are no negatives');
  const movie = movieAt(movieId);
  return { user, movie, relevant: Int32Array.of(movie), negatives: Int32Array.from(others, movieAt).sort() };
}

function splitBy(ranking: readonly HeldOut[], { length, userIndex, movieIndex }: Interactions): Uint8Array {
  const heldOut = new Map(ranking.map(({ user, movie }) => [user, movie]));
  const parts = new Uint8Array(length).fill(TRAIN);
  const validated = new Set<number>();
  // Rows are sorted by user, then time.
  for (let row = length - 1; row >= 0; row -= 1) {
    const user = userIndex[row]!;
    if (!heldOut.has(user)) continue;
    if (heldOut.get(user) === movieIndex[row]) parts[row] = TEST;
    else if (!validated.has(user)) {
      parts[row] = VALIDATION;
      validated.add(user);
    }
  }
  return parts;
}
