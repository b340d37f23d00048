import { numberText } from '../format.ts';
import { language } from '../settings.ts';
import type { Look } from '../compared.ts';

export interface Axis {
  readonly name: string;
  /** Whether the larger value is the better one; unknown when null */
  readonly better: 'higher' | 'lower' | null;
  /** Of what is no number: its texts, which stand for 0, 1, 2 … */
  readonly words?: readonly string[];
  /** In the order of the things */
  readonly values: readonly (number | null)[];
}

/** What has a line: its name, and how it is drawn. */
export interface Thing {
  readonly key: string;
  readonly name: string;
  readonly look: Look;
}

const HIGH = 250;
const EDGE = { top: 44, bottom: 24 };
const BETWEEN = { least: 130, most: 260 };
/** Beside the page: the places, and the page's own edges. */
const BESIDE = 290;
const WIDEST = 1_290;
const SIDE = 70;
/** More words than so many beside an axis would cover one another. */
const WORDS = 6;
const NAMED = 12;

export const styleOf = ({ share }: Look) => (share === undefined ? {} : { '--share': `${Math.round(share * 100)}%` });

/** An axis for each figure and a line for each thing that has them; the better end of an axis is above, where it is known. */
export function Parallel({ axes, things, label }: { axes: readonly Axis[]; things: readonly Thing[]; label: string }) {
  const room = Math.min(WIDEST, innerWidth - BESIDE) - 2 * SIDE;
  const between = Math.min(BETWEEN.most, Math.max(BETWEEN.least, room / (axes.length - 1)));
  const wide = 2 * SIDE + between * (axes.length - 1);
  const scales = axes.map(({ values, better }) => {
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    return better === 'lower' ? { below: high, above: low } : { below: low, above: high };
  });
  const heightOf = (value: number, nth: number) => {
    const { below, above } = scales[nth]!;
    const share = above === below ? 0.5 : (value - below) / (above - below);
    return Math.round(10 * (HIGH - EDGE.bottom - share * (HIGH - EDGE.top - EDGE.bottom))) / 10;
  };
  const at = (nth: number) => SIDE + between * nth;
  const said = (value: number, { words }: Axis) => words?.[value] ?? numberText(value, language.value);
  const pathOf = (thing: number) =>
    axes
      .flatMap(({ values }, nth) => {
        const value = values[thing];
        return typeof value === 'number' ? [`${at(nth)},${heightOf(value, nth)}`] : [];
      })
      .join(' ');
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <svg
        class="parallel"
        viewBox={`0 0 ${wide} ${HIGH}`}
        width={wide}
        height={HIGH}
        role="img"
        aria-label={`${label}: ${things
          .slice(0, NAMED)
          .map(({ name }) => name)
          .join(', ')}`}
      >
        {inDrawingOrder(things).map(([{ key, name, look }, thing]) => (
          <polyline key={key} class={`lines-line ${look.class}`} style={styleOf(look)} points={pathOf(thing)}>
            <title>{`${name}\n${axes
              .map((axis) => `${axis.name}: ${typeof axis.values[thing] === 'number' ? said(axis.values[thing], axis) : '–'}`)
              .join('\n')}`}</title>
          </polyline>
        ))}
        {axes.map((axis, nth) => (
          <g key={axis.name}>
            <line class="parallel-axis" x1={at(nth)} x2={at(nth)} y1={EDGE.top} y2={HIGH - EDGE.bottom} />
            <text class="parallel-name" x={at(nth)} y="14" text-anchor="middle">
              {cut(axis.name)}
              <title>{axis.name}</title>
            </text>
            <text x={at(nth)} y={EDGE.top - 8} text-anchor="middle">
              {cut(said(scales[nth]!.above, axis))}
            </text>
            <text x={at(nth)} y={HIGH - 8} text-anchor="middle">
              {cut(said(scales[nth]!.below, axis))}
            </text>
            {axis.words !== undefined &&
              axis.words.length <= WORDS &&
              axis.words.slice(1, -1).map((word, middle) => (
                <text key={word} x={at(nth) + 6} y={heightOf(middle + 1, nth) + 4}>
                  {cut(word)}
                </text>
              ))}
          </g>
        ))}
      </svg>
      <Legend of={things} />
    </div>
  );
}

/** The best above all others. */
const inDrawingOrder = (things: readonly Thing[]) =>
  things.map((thing, nth) => [thing, nth] as const).toSorted(([a], [b]) => (a.look.share ?? 0) - (b.look.share ?? 0));

const LETTERS = 18;
const cut = (text: string) => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text);

/** Which colour is whose, where each has its own. */
const Legend = ({ of }: { of: readonly Thing[] }) =>
  of.length > NAMED ? null : (
    <p class="lines-names pad">
      {of.map(({ key, name, look }) => (
        <span key={key} class={`lines-name ${look.class}`} style={styleOf(look)}>
          {name}
        </span>
      ))}
    </p>
  );
