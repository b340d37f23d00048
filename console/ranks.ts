/** How a movie has moved in a list since the list was another. */
export type Move = 'new' | 'up' | 'down' | 'same';

/** @param before ids of the list before, the first best; undefined where there was none */
export function moveOf(id: string, at: number, before: readonly string[] | undefined): Move {
  if (before === undefined) return 'same';
  const was = before.indexOf(id);
  if (was === -1) return 'new';
  return was === at ? 'same' : was > at ? 'up' : 'down';
}

export const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, at) => id === b[at]);

/** A hue for a picture that stands for a poster: the same for the same text. */
export const hueOf = (text: string): number =>
  [...text.slice(0, 100)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 360, 7);
