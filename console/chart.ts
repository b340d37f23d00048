/** Lines over time as they are drawn. Pure. */

/** A moment, in seconds since 1970, and a value. */
export type Sample = readonly [at: number, value: number];

export interface Line {
  readonly name: string;
  readonly points: readonly Sample[];
}

export interface Span {
  /** Seconds since 1970 */
  readonly from: number;
  readonly until: number;
}

export const WIDE = 600;
export const HIGH = 160;
/** Points further apart than so many steps are not joined: in between nothing was measured. */
const GAP_STEPS = 2.5;

/** From 0, or below it, to a round number above all. */
export function scaleOf(lines: readonly Line[]): { readonly low: number; readonly high: number } {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), low);
  return { low: low < 0 ? -roundUp(-low) : 0, high: high > low ? roundUp(high) : low + 1 };
}

/** From the least to the most, with a little room: curves that are far from 0 and change little are told apart. */
export function tightScaleOf(lines: readonly { readonly points: readonly Sample[] }[]): { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const { points } of lines)
    for (const [, value] of points) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  if (low > high) return { low: 0, high: 1 };
  const room = high > low ? (high - low) * 0.04 : Math.abs(high) / 10 || 1;
  return { low: low - room, high: high + room };
}

function roundUp(value: number): number {
  if (value <= 0) return 0;
  const size = 10 ** Math.floor(Math.log10(value));
  return size * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => value <= size * step) ?? 10);
}

/** The `d` of an SVG path within WIDE × HIGH. @param stepS seconds between points */
export function pathOf(points: readonly Sample[], { from, until }: Span, { low, high }: ReturnType<typeof scaleOf>, stepS: number): string {
  return points
    .map(([at, value], nth) => {
      const before = points[nth - 1];
      const isJoined = before !== undefined && at - before[0] <= stepS * GAP_STEPS;
      const after = points[nth + 1];
      const isAlone = !isJoined && (after === undefined || after[0] - at > stepS * GAP_STEPS);
      const x = (WIDE * (at - from)) / Math.max(1, until - from);
      const y = HIGH - (HIGH * (value - low)) / (high - low);
      // A line of no length shows as a dot.
      return `${isJoined ? 'L' : 'M'}${round(x)} ${round(y)}${isAlone ? 'h0' : ''}`;
    })
    .join('');
}
const round = (value: number) => Math.round(value * 10) / 10;

/** The point that is nearest to a moment. */
export const nearestOf = (points: readonly Sample[], at: number): Sample | undefined =>
  points.reduce<Sample | undefined>(
    (best, point) => (best === undefined || Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best),
    undefined,
  );

/** The value of a line nearest to a moment, within a step and a half of it. */
export function valueAt({ points }: Line, at: number, stepS: number): number | undefined {
  const nearest = nearestOf(points, at);
  return nearest && Math.abs(nearest[0] - at) <= stepS * 1.5 ? nearest[1] : undefined;
}

/** What a series is called: `{{label}}` of the pattern filled in, or all of its labels. */
export function nameOf(labels: Readonly<Record<string, string>>, pattern?: string): string {
  const { __name__: metric = '', ...rest } = labels;
  if (pattern) return pattern.replace(/\{\{(\w+)\}\}/g, (_place, label: string) => rest[label] ?? '').trim() || metric || 'value';
  const said = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  return said.length === 0 ? metric || 'value' : `${metric}{${said.join(', ')}}`;
}

/** How fast a total grows, a second, from one look to the next; where it began anew, as from 0. */
export function rateBetween([atBefore, before]: Sample, [at, value]: Sample): number {
  return (value < before ? value : value - before) / Math.max(0.001, at - atBefore);
}
