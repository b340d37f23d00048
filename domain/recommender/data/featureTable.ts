/**
 * What was known at each interaction's own time, joined by the feature store: a column for each feature, a row for each interaction, NaN where
 * there was no value.
 */
export interface FeatureTable {
  /** References, `view:feature` */
  readonly names: readonly string[];
  readonly columns: readonly Float32Array[];
}

/** A table without features, such as that of models which learn from who chose what alone. */
export const NO_FEATURES: FeatureTable = { names: [], columns: [] };

export interface FeatureTableBuilder {
  /** @param values by reference; one that is no number is left as null */
  add(values: Readonly<Record<string, unknown>>): void;
  /** @param arrivals for each row of the table, how many were added before it */
  build(arrivals: Uint32Array): FeatureTable;
}

export function createFeatureTableBuilder(names: readonly string[]): FeatureTableBuilder {
  let columns = names.map(() => new Float32Array(1024));
  let length = 0;
  return {
    add(values) {
      if (length === columns[0]?.length) columns = columns.map((column) => grow(column));
      names.forEach((name, at) => (columns[at]![length] = numberOf(values[name])));
      length += 1;
    },
    build: (arrivals) => ({ names, columns: columns.map((column) => Float32Array.from(arrivals, (row) => column[row]!)) }),
  };
}

/** The given rows, in the given order. */
export const selectFeatures = ({ names, columns }: FeatureTable, rows: Uint32Array): FeatureTable => ({
  names,
  columns: columns.map((column) => Float32Array.from(rows, (row) => column[row]!)),
});

/** The column of a feature; nulls alone where the table lacks it. */
export function featureColumn({ names, columns }: FeatureTable, name: string, length: number): Float32Array {
  return columns[names.indexOf(name)] ?? new Float32Array(length).fill(Number.NaN);
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

function grow(column: Float32Array): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(column.length * 2);
  larger.set(column);
  return larger;
}
