/** What Grafana puts in: as wide as two scrapes need, and as the span that is looked at is drawn. */
const WINDOW = '$__rate_interval';

/** A second, of all that a selector finds, by these labels; in all where there are none. */
export const rate = (selector: string, ...by: readonly string[]): string => `sum${grouped(by)} (rate(${selector}[${WINDOW}]))`;

/** Within the hour before. */
export const lastHour = (selector: string, ...by: readonly string[]): string => `sum${grouped(by)} (increase(${selector}[1h]))`;

/** The time that 95 of 100 stay under, of a histogram. */
export const p95 = (histogram: string, ...by: readonly string[]): string =>
  `histogram_quantile(0.95, sum by (${['le', ...by].join(', ')}) (rate(${histogram}_bucket[${WINDOW}])))`;

/** 0 where there is no series: nothing of the kind has happened yet. */
export const orNone = (expr: string): string => `(${expr} or vector(0))`;

/** Seconds since. */
export const since = (timestamp: string): string => `time() - ${timestamp}`;

const grouped = (by: readonly string[]): string => (by.length === 0 ? '' : ` by (${by.join(', ')})`);
