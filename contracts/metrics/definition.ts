/** A figure that a process shows at `/metrics`. Its name means one thing wherever it is shown. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** What each label can be: always one of a bounded set, for each value is a series that Prometheus keeps */
  readonly labels?: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets */
  readonly buckets?: readonly number[];
}

/** By their names, which Prometheus's conventions hold for: base units, `_total` for what only grows. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;
