import type { Interval } from '../../../../contracts/gate.ts';

/** One line of a dot plot: figures with their intervals, the first the one that the plot is about. */
export interface DotRow {
  readonly label: string;
  readonly marks: readonly { readonly interval: Interval; readonly series: number }[];
}

const WIDTH = 720;
const LABELS = 200;
const RIGHT = 20;
const ROW = 30;
const TOP = 14;
const AXIS = 34;
const CURVE_HEIGHT = 260;
const CURVE_LEFT = 64;

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Figures with intervals, a line each. @param reference where a vertical line stands, such as 0 for differences */
export function dotPlot(title: string, rows: readonly DotRow[], reference?: number): string {
  const intervals = rows.flatMap(({ marks }) => marks.map(({ interval }) => interval));
  const bounds = [...intervals.flatMap(({ low, high, value }) => [low, high, value]), ...(reference === undefined ? [] : [reference])];
  const scale = createScale(bounds, LABELS, WIDTH - RIGHT);
  const bottom = TOP + rows.length * ROW;
  const lines = rows.map(({ label, marks }, nth) => {
    const y = TOP + nth * ROW + ROW / 2;
    const drawn = marks.map(({ interval, series }, at) => drawInterval(interval, scale.at, y + (at - (marks.length - 1) / 2) * 9, series));
    return `<text class="label" x="${LABELS - 12}" y="${y + 4}">${escapeHtml(label)}</text>${drawn.join('')}`;
  });
  const line =
    reference === undefined
      ? ''
      : `<line class="reference" x1="${scale.at(reference)}" x2="${scale.at(reference)}" y1="${TOP}" y2="${bottom}"/>`;
  return svg(title, bottom + AXIS, [...scale.ticks.map((tick) => verticalTick(tick, scale.at(tick), bottom)), line, ...lines]);
}

/** One line over whole numbers from 1, such as a loss by epoch. */
export function curvePlot(title: string, points: readonly { readonly x: number; readonly y: number }[], xLabel: string): string {
  const bottom = CURVE_HEIGHT - AXIS - 10;
  const across = createScale([1, Math.max(2, ...points.map(({ x }) => x))], CURVE_LEFT, WIDTH - RIGHT, 0);
  const up = createScale(
    points.map(({ y }) => y),
    bottom,
    TOP,
  );
  const path = points.map(({ x, y }) => `${round(across.at(x))},${round(up.at(y))}`).join(' ');
  const whole = across.ticks.filter(Number.isInteger);
  return svg(title, CURVE_HEIGHT, [
    ...whole.map((tick) => verticalTick(tick, across.at(tick), bottom)),
    ...up.ticks.map(
      (tick) =>
        `<line class="grid" x1="${CURVE_LEFT}" x2="${WIDTH - RIGHT}" y1="${round(up.at(tick))}" y2="${round(up.at(tick))}"/>` +
        `<text class="label" x="${CURVE_LEFT - 8}" y="${round(up.at(tick)) + 4}">${tick}</text>`,
    ),
    `<polyline class="curve" points="${path}"/>`,
    ...points.map(({ x, y }) => `<circle class="series0" cx="${round(across.at(x))}" cy="${round(up.at(y))}" r="3.5"/>`),
    `<text class="tick" x="${(CURVE_LEFT + WIDTH) / 2}" y="${CURVE_HEIGHT - 6}">${escapeHtml(xLabel)}</text>`,
  ]);
}

function drawInterval({ value, low, high }: Interval, at: (value: number) => number, y: number, series: number): string {
  return (
    `<line class="series${series}" x1="${round(at(low))}" x2="${round(at(high))}" y1="${y}" y2="${y}"/>` +
    `<circle class="series${series}" cx="${round(at(value))}" cy="${y}" r="4"><title>${value} (${low} to ${high})</title></circle>`
  );
}

const verticalTick = (tick: number, x: number, bottom: number) =>
  `<line class="grid" x1="${round(x)}" x2="${round(x)}" y1="${TOP}" y2="${bottom}"/><text class="tick" x="${round(x)}" y="${bottom + 18}">${tick}</text>`;

/** Ticks at 1, 2 or 5 times a power of ten, about five of them. @param margin share of the range that is left free at each end */
function createScale(values: readonly number[], from: number, to: number, margin = 0.06) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = most - least || Math.abs(most) || 1;
  const [low, high] = [least - margin * range, most + margin * range];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((candidate) => candidate >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, nth) => Number(((first + nth) * step).toPrecision(10)));
  return { ticks, at: (value: number) => from + ((value - low) / (high - low)) * (to - from) };
}

const round = (value: number) => Number(value.toFixed(1));

const svg = (title: string, height: number, content: readonly string[]) =>
  `<svg role="img" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"><title>${escapeHtml(title)}</title>${content.join('')}</svg>`;
