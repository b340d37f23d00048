import { useState } from 'preact/hooks';
import { HIGH, nearestOf, pathOf, tightScaleOf, WIDE, type Sample } from '../chart.ts';
import { numberText } from '../format.ts';
import { language } from '../settings.ts';
import { t } from '../words/index.ts';
import { styleOf, type Thing } from './parallel.tsx';

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
  const onMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    setAt(span.from + ((event.clientX - box.left) / box.width) * (span.until - span.from));
  };
  const valueOf = ({ points }: StepLine) => (at === undefined ? points.at(-1) : nearestOf(points, at))?.[1];
  const named = lines.slice(0, NAMED).map((line) => ({ ...line, said: said(valueOf(line)) }));
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
          {at !== undefined && <line class="lines-at" x1={placeOf(at, span)} x2={placeOf(at, span)} y1="0" y2={HIGH} />}
        </svg>
        <span class="lines-times" aria-hidden="true">
          <span>{t('curves.step', { step: span.from })}</span>
          <span>{at === undefined ? '' : t('curves.step', { step: Math.round(at) })}</span>
          <span>{span.until}</span>
        </span>
      </div>
      <figcaption class="lines-names">
        {named.map((line) => (
          <span key={line.key} class={`lines-name ${line.look.class}`} style={styleOf(line.look)}>
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

const placeOf = (at: number, { from, until }: { from: number; until: number }) => (WIDE * (at - from)) / Math.max(1, until - from);
