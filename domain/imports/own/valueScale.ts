import type { OwnRef, ValueScale } from '../../../contracts/dataImport.ts';

const COUNTED = /count|play|quantity|qty|purchase|view|click|times/i;

/** What the values of a log are, by their column's name and their highest. */
function guessScale(column: string, highest: number): ValueScale {
  if (COUNTED.test(column)) return 'counts';
  if (highest <= 5) return 'stars';
  if (highest <= 10) return 'ten';
  return highest <= 100 ? 'hundred' : 'counts';
}

/** What the values of an own log are, as it was said or by their highest; `choices` where it has none. */
export const scaleOf = ({ map, scale }: Pick<OwnRef, 'map' | 'scale'>, highest: number): ValueScale | 'choices' =>
  map.value === undefined ? 'choices' : (scale ?? guessScale(map.value, highest));

const onFive = (value: string) => `least(5, greatest(0.5, round((${value}) * 2) / 2))`;

/**
 * SQL that makes of a value the rating that models learn from, 0.5 to 5 in halves. A bare choice is 4; a count is 4 once, 4.5 from twice on and
 * 5 from four times on, since who chose often liked it, and who chose once did not dislike it.
 */
export const RATING_OF: Readonly<Record<ValueScale | 'choices', (value: string) => string>> = {
  stars: onFive,
  ten: (value) => onFive(`${value} / 2`),
  hundred: (value) => onFive(`${value} / 20`),
  counts: (value) => `case when ${value} >= 4 then 5 when ${value} >= 2 then 4.5 else 4 end`,
  choices: () => '4',
};
