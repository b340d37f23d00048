import { numberText } from '../format.ts';
import { language } from '../settings.ts';

export interface Axis {
  readonly name: string;
  /** Whether the larger value is the better one; unknown when null */
  readonly better: 'higher' | 'lower' | null;
  readonly values: Readonly<Record<string, number | null>>;
}

const HIGH = 230;
const EDGE = { top: 44, bottom: 24 };
const BETWEEN = 130;
const SIDE = 70;
const COLOURS = 8;

/** An axis for each figure and a line for each thing that has them; the better end of an axis is above, where it is known. */
export function Parallel({ axes, names, label }: { axes: readonly Axis[]; names: readonly string[]; label: string }) {
  const wide = 2 * SIDE + BETWEEN * (axes.length - 1);
  const scales = axes.map(({ values, better }) => {
    const known = names.flatMap((name) => values[name] ?? []);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    return better === 'lower' ? { below: high, above: low } : { below: low, above: high };
  });
  const heightOf = (value: number, nth: number) => {
    const { below, above } = scales[nth]!;
    const share = above === below ? 0.5 : (value - below) / (above - below);
    return HIGH - EDGE.bottom - share * (HIGH - EDGE.top - EDGE.bottom);
  };
  const at = (nth: number) => SIDE + BETWEEN * nth;
  const pointOf = (value: number | null | undefined, nth: number) =>
    typeof value === 'number' ? [`${at(nth)},${heightOf(value, nth)}`] : [];
  const said = (value: number) => numberText(value, language.value);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <svg
        class="parallel"
        viewBox={`0 0 ${wide} ${HIGH}`}
        width={wide}
        height={HIGH}
        role="img"
        aria-label={`${label}: ${names.join(', ')}`}
      >
        {axes.map(({ name }, nth) => (
          <g key={name}>
            <line class="parallel-axis" x1={at(nth)} x2={at(nth)} y1={EDGE.top} y2={HIGH - EDGE.bottom} />
            <text class="parallel-name" x={at(nth)} y="14" text-anchor="middle">
              {name}
            </text>
            <text x={at(nth)} y={EDGE.top - 8} text-anchor="middle">
              {said(scales[nth]!.above)}
            </text>
            <text x={at(nth)} y={HIGH - 8} text-anchor="middle">
              {said(scales[nth]!.below)}
            </text>
          </g>
        ))}
        {names.map((name, index) => (
          <polyline
            key={name}
            class={`lines-line colour-${index % COLOURS}`}
            points={axes.flatMap(({ values }, nth) => pointOf(values[name], nth)).join(' ')}
          >
            <title>{name}</title>
          </polyline>
        ))}
      </svg>
      <p class="lines-names pad">
        {names.map((name, index) => (
          <span key={name} class={`lines-name colour-${index % COLOURS}`}>
            {name}
          </span>
        ))}
      </p>
    </div>
  );
}
