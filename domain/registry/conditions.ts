/** What a search compares: a value of a metric, a parameter or a tag by its key, a field of the thing itself, or of a data set that it used. */
export type ConditionOn = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset';

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL';

/** One of the conditions that all hold for what a search finds. Its comparator is one that its subject knows, and the value of its kind. */
export interface Condition {
  readonly on: ConditionOn;
  readonly key: string;
  readonly comparator: Comparator;
  /** A list for IN, null where a value is there or not */
  readonly value: string | number | readonly string[] | null;
}

/** One of the keys that a search's answers are ordered by. */
export interface Order {
  readonly on: ConditionOn;
  readonly key: string;
  readonly ascending: boolean;
}
