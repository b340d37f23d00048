/**
 * What the platform promises whoever asks it, of all requests of 30 days. What may go wrong is the budget; alerts tell when it is used up so fast that little
 * of the 30 days would be left (Google's Site Reliability Workbook, chapter 5).
 */
export const OBJECTIVES = {
  /** Of requests, without a fault of ours */
  availability: 0.995,
  /** Of a model's answers, within so many seconds: a bound of the histogram's */
  latency: { share: 0.99, seconds: 0.25 },
} as const;

/** Budget used `factor` times as fast as it may, over both windows: the long one says that it matters, the short one that it still goes on. */
export const BURNS = {
  fast: { factor: 14.4, long: '1h', short: '5m', for: '2m', severity: 'critical' },
  slow: { factor: 6, long: '6h', short: '30m', for: '15m', severity: 'warning' },
} as const;

/** Fewer than so many requests in the long window say nothing of a share. */
export const LEAST_REQUESTS = 50;
