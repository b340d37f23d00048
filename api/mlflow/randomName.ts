import { randomInt } from 'node:crypto';

const MANNERS = [
  'amber',
  'brisk',
  'calm',
  'daring',
  'eager',
  'fluent',
  'gentle',
  'humble',
  'jolly',
  'keen',
  'lucid',
  'merry',
  'nimble',
  'quiet',
  'rapid',
  'steady',
];
const ANIMALS = [
  'badger',
  'crane',
  'dolphin',
  'falcon',
  'gazelle',
  'heron',
  'ibex',
  'jay',
  'kestrel',
  'lynx',
  'marten',
  'otter',
  'panda',
  'raven',
  'stork',
  'wren',
];

/** A name for what was given none, easier told apart than ids: brisk-otter-482. */
export const randomName = (): string => `${oneOf(MANNERS)}-${oneOf(ANIMALS)}-${randomInt(100, 1_000)}`;

const oneOf = (words: readonly string[]) => words[randomInt(words.length)]!;
