import { z } from 'zod';
import { settingsOf } from './settings.ts';

/** Types that a further column of the catalogue can be read as. */
const ATTRIBUTE_TYPES = ['int64', 'float64', 'string', 'bool'] as const;

/** A further column of the catalogue that is a feature. */
export interface AttributeFeature {
  readonly name: string;
  readonly type: (typeof ATTRIBUTE_TYPES)[number];
  /** As `movies.attributes` has it */
  readonly column: string;
}

/** The feature's name is one of the feature store's; a column may hold anything but what begins the next entry. */
const ENTRY = new RegExp(`^([a-z][a-z0-9_]{0,62}):(${ATTRIBUTE_TYPES.join('|')})(?:=(.+))?$`);
const BETWEEN = /,(?=\s*[a-z][a-z0-9_]*:[a-z0-9]+(?:=|,|\s*$))/;

const attributes = z
  .string()
  .default('')
  .transform((text, context): AttributeFeature[] => {
    const entries = text.split(BETWEEN).map((entry) => entry.trim());
    const read = entries.filter(Boolean).flatMap((entry) => {
      const [, name, type, column = name] = ENTRY.exec(entry) ?? [];
      if (name !== undefined && column !== undefined) return [{ name, type: type as AttributeFeature['type'], column }];
      context.addIssue(`entry "${entry}" must be name:type or name:type=column, type one of ${ATTRIBUTE_TYPES.join(', ')}`);
      return [];
    });
    const twice = read.find(({ name }, at) => read.findIndex((other) => other.name === name) < at);
    if (twice) context.addIssue(`${twice.name} is named twice`);
    return read;
  });

export const FEATURE_SETTINGS = settingsOf(
  { MOVIE_ATTRIBUTES: attributes.describe('Further columns of own titles that are features: price:float64,brand:string=Brand name') },
  (env) => ({ movieAttributes: env.MOVIE_ATTRIBUTES }),
);
export type FeatureSettings = Readonly<ReturnType<typeof FEATURE_SETTINGS.read>>;
