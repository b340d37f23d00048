import { useState } from 'preact/hooks';
import { pathOf, scaleOf, valueAt, type Line, type Span } from '../chart.ts';
import { endsText, measuredText, timeText } from '../format.ts';
import { language } from '../settings.ts';
import { t } from '../words/index.ts';
import { Plot } from './plot.tsx';

/** As many colours as are told apart; the next lines begin anew. */
const COLOURS = 8;
/** Named below a graph; all are drawn. */
const NAMED = 12;

interface Drawn {
  readonly lines: readonly Line[];
  readonly span: Span;
  /** Seconds between two points */
  readonly stepS: number;
  readonly unit?: string | undefined;
  readonly label: string;
}

const isoOf = (seconds: number) => new Date(seconds * 1_000).toISOString();

/** Lines over time; pointed at, the values of that moment are told, else the latest. */
export function Lines({ lines, span, stepS, unit, label }: Drawn) {
  const [at, setAt] = useState<number>();
  const scale = scaleOf(lines);
  const said = (value: number | undefined) => (value === undefined ? '–' : measuredText(value, unit, language.value));
  if (lines.every(({ points }) => points.length === 0)) return <p class="muted pad">{t('monitoring.noPoints')}</p>;
  const [from, until] = endsText(span, Date.now(), language.value);
  const named = lines.slice(0, NAMED).map((line, nth) => {
    const value = at === undefined ? line.points.at(-1)?.[1] : valueAt(line, at, stepS);
    return { key: line.name, name: line.name, said: said(value), class: `colour-${nth % COLOURS}` };
  });
  return (
    <Plot
      label={label}
      span={span}
      scale={{ high: said(scale.high), low: said(scale.low) }}
      ends={[from, at === undefined ? '' : timeText(isoOf(at), language.value), until]}
      named={named}
      more={lines.length > NAMED && t('monitoring.more', { count: lines.length - NAMED })}
      at={at}
      onPoint={setAt}
    >
      {lines.map((line, nth) => (
        <path key={line.name} class={`lines-line colour-${nth % COLOURS}`} d={pathOf(line.points, span, scale, stepS)} />
      ))}
    </Plot>
  );
}
