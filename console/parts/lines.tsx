import { useState } from 'preact/hooks';
import { HIGH, pathOf, scaleOf, valueAt, WIDE, type Line, type Span } from '../chart.ts';
import { measuredText, timeText } from '../format.ts';
import { language } from '../settings.ts';
import { t } from '../words/index.ts';

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
const clockOf = (seconds: number, isLong: boolean) =>
  new Intl.DateTimeFormat(language.value, isLong ? { month: 'short', day: 'numeric', hour: '2-digit' } : { timeStyle: 'short' }).format(
    seconds * 1_000,
  );
const DAY_S = 86_400;

/** Lines over time; pointed at, the values of that moment are told, else the latest. */
export function Lines({ lines, span, stepS, unit, label }: Drawn) {
  const [at, setAt] = useState<number>();
  const scale = scaleOf(lines);
  const said = (value: number | undefined) => (value === undefined ? '–' : measuredText(value, unit, language.value));
  const onMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    setAt(span.from + ((event.clientX - box.left) / box.width) * (span.until - span.from));
  };
  if (lines.every(({ points }) => points.length === 0)) return <p class="muted pad">{t('monitoring.noPoints')}</p>;
  const isLong = span.until - span.from > DAY_S;
  const named = lines.slice(0, NAMED).map((line) => {
    const value = at === undefined ? line.points.at(-1)?.[1] : valueAt(line, at, stepS);
    return { name: line.name, said: said(value) };
  });
  return (
    <figure class="lines">
      <div class="lines-plot">
        <span class="lines-scale" aria-hidden="true">
          <span>{said(scale.high)}</span>
          <span>{said(scale.low)}</span>
        </span>
        <svg
          viewBox={`0 0 ${WIDE} ${HIGH}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${label}: ${named.map((line) => `${line.name} ${line.said}`).join(', ')}`}
          onPointerMove={onMove}
          onPointerLeave={() => setAt(undefined)}
        >
          {[0, 0.5, 1].map((share) => (
            <line key={share} class="lines-rule" x1="0" x2={WIDE} y1={HIGH * share} y2={HIGH * share} />
          ))}
          {lines.map((line, nth) => (
            <path key={line.name} class={`lines-line colour-${nth % COLOURS}`} d={pathOf(line.points, span, scale, stepS)} />
          ))}
          {at !== undefined && (
            <line
              class="lines-at"
              x1={(WIDE * (at - span.from)) / (span.until - span.from)}
              x2={(WIDE * (at - span.from)) / (span.until - span.from)}
              y1="0"
              y2={HIGH}
            />
          )}
        </svg>
        <span class="lines-times" aria-hidden="true">
          <span>{clockOf(span.from, isLong)}</span>
          <span>{at === undefined ? '' : timeText(isoOf(at), language.value)}</span>
          <span>{clockOf(span.until, isLong)}</span>
        </span>
      </div>
      <figcaption class="lines-names">
        {named.map((line, nth) => (
          <span key={line.name} class={`lines-name colour-${nth % COLOURS}`}>
            <span class="cut" title={line.name}>
              {line.name}
            </span>{' '}
            <span class="number">{line.said}</span>
          </span>
        ))}
        {lines.length > NAMED && <span class="muted">{t('monitoring.more', { count: lines.length - NAMED })}</span>}
      </figcaption>
    </figure>
  );
}
