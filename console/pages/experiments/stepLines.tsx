import { useState } from 'preact/hooks';
import { nearestOf, pathOf, tightScaleOf, type Sample } from '../../chart.ts';
import { numberText } from '../../format.ts';
import { language } from '../../settings.ts';
import { styleOf, type Thing } from '../../parts/parallel.tsx';
import { Plot } from '../../parts/plot.tsx';
import { t } from './words/index.ts';

interface StepLine extends Thing {
  /** Steps and values, by step */
  readonly points: readonly Sample[];
}

const NAMED = 8;

/** Learning curves over one another; pointed at, the values of that step are told, else the last. */
export function StepLines({ lines, label }: { lines: readonly StepLine[]; label: string }) {
  const [at, setAt] = useState<number>();
  const steps = lines.flatMap(({ points }) => points.map(([step]) => step));
  const span = { from: Math.min(...steps), until: Math.max(...steps) };
  const scale = tightScaleOf(lines);
  const said = (value: number | undefined) => (value === undefined ? '–' : numberText(value, language.value));
  const valueOf = ({ points }: StepLine) => (at === undefined ? points.at(-1) : nearestOf(points, at))?.[1];
  const named = lines.slice(0, NAMED).map((line) => ({
    key: line.key,
    name: line.name,
    said: said(valueOf(line)),
    class: line.look.class,
    style: styleOf(line.look),
  }));
  return (
    <Plot
      label={label}
      span={span}
      scale={{ high: said(scale.high), low: said(scale.low) }}
      ends={[t('curves.step', { step: span.from }), at === undefined ? '' : t('curves.step', { step: Math.round(at) }), String(span.until)]}
      named={named}
      more={lines.length > NAMED && t('monitoring.more', { count: lines.length - NAMED })}
      at={at}
      onPoint={setAt}
    >
      {lines
        .toSorted((a, b) => (a.look.share ?? 0) - (b.look.share ?? 0))
        .map((line) => (
          <path
            key={line.key}
            class={`lines-line ${line.look.class}`}
            style={styleOf(line.look)}
            d={pathOf(line.points, span, scale, Infinity)}
          >
            <title>{line.name}</title>
          </path>
        ))}
    </Plot>
  );
}
