import type { Feature, FeatureType, FeatureValue } from '../views/view.ts';

/** JSON holds no control character, so this one stands between values. */
const BETWEEN = '\x1f';

/**
 * Values as a store keeps them: the names of the features, then the JSON of each. An answer copies the JSON of what was asked for and looks
 * into none of it; rows that were written before a view changed still say what they hold.
 */
export function encodeValues(features: readonly Feature[], values: Readonly<Record<string, FeatureValue>>): string {
  const given = features.filter(({ name }) => values[name] !== undefined);
  return [given.map(({ name }) => name).join(), ...given.map(({ name, type }) => encodeValue(type, values[name] ?? null))].join(BETWEEN);
}

/** Fractions keep their point, also where it is nought: clients tell 4.0 from 4. */
export function encodeValue(type: FeatureType, value: FeatureValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map((item: number | string) => scalarToJson(type, item)).join()}]`;
  return scalarToJson(type, value as Exclude<FeatureValue, readonly unknown[]>);
}

function scalarToJson(type: FeatureType, value: number | string | boolean | null): string {
  if (typeof value !== 'number' || !type.startsWith('float64')) return JSON.stringify(value);
  if (!Number.isFinite(value)) return `"${value}"`; // as protobuf's JSON has it
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
}

export const NULL_JSON = 'null';

/**
 * Takes the JSON of some features out of encoded rows. It looks no further than the last of them, and finds their places once for all rows that
 * hold the same features.
 * @returns a function that gives them in the order of the names; undefined for one that the row does not hold
 */
export function createPicker(names: readonly string[]): (text: string) => (string | undefined)[] {
  let header = ''; // with the separator behind it
  let wanted: { place: number; at: number }[] = [];
  function learnPlaces(text: string) {
    header = text.slice(0, text.indexOf(BETWEEN) + 1);
    const held = header.replace(BETWEEN, '').split(',');
    wanted = names.map((name, at) => ({ place: held.indexOf(name), at })).filter(({ place }) => place >= 0);
    wanted.sort((a, b) => a.place - b.place);
  }
  return (text) => {
    if (header === '' || !text.startsWith(header)) learnPlaces(text);
    const picked = new Array<string | undefined>(names.length).fill(undefined);
    let from = header.length;
    let place = 0;
    for (const next of wanted) {
      for (; place < next.place; place += 1) from = text.indexOf(BETWEEN, from) + 1;
      const end = text.indexOf(BETWEEN, from);
      picked[next.at] = end === -1 ? text.slice(from) : text.slice(from, end);
    }
    return picked;
  };
}
