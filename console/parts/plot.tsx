import type { ComponentChildren } from 'preact';
import { HIGH, WIDE, type Span } from '../chart.ts';
import type { styleOf } from './parallel.tsx';

interface NamedLine {
  readonly key: string;
  readonly name: string;
  readonly said: string;
  readonly class: string;
  readonly style?: ReturnType<typeof styleOf>;
}

interface PlotOf {
  readonly label: string;
  readonly span: Span;
  readonly scale: { readonly high: string; readonly low: string };
  /** Below the graph: where it begins, what is pointed at, where it ends */
  readonly ends: readonly [from: string, at: string, until: string];
  readonly named: readonly NamedLine[];
  /** Said after the names, of lines without one */
  readonly more: string | false;
  /** What is pointed at, in units of the span */
  readonly at: number | undefined;
  readonly onPoint: (at: number | undefined) => void;
  /** The lines */
  readonly children: ComponentChildren;
}

/** What every graph of lines stands in: rules, scale and ends around it, the lines' names with a value each below. */
export function Plot({ label, span, scale, ends, named, more, at, onPoint, children }: PlotOf) {
  const onMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    onPoint(span.from + ((event.clientX - box.left) / box.width) * (span.until - span.from));
  };
  return (
    <figure class="lines">
      <div class="lines-plot">
        <span class="lines-scale" aria-hidden="true">
          <span>{scale.high}</span>
          <span>{scale.low}</span>
        </span>
        <svg
          viewBox={`0 0 ${WIDE} ${HIGH}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${label}: ${named.map((line) => `${line.name} ${line.said}`).join(', ')}`}
          onPointerMove={onMove}
          onPointerLeave={() => onPoint(undefined)}
        >
          {[0, 0.5, 1].map((share) => (
            <line key={share} class="lines-rule" x1="0" x2={WIDE} y1={HIGH * share} y2={HIGH * share} />
          ))}
          {children}
          {at !== undefined && <line class="lines-at" x1={placeOf(at, span)} x2={placeOf(at, span)} y1="0" y2={HIGH} />}
        </svg>
        <span class="lines-times" aria-hidden="true">
          {ends.map((text, nth) => (
            <span key={nth}>{text}</span>
          ))}
        </span>
      </div>
      <figcaption class="lines-names">
        {named.map((line) => (
          <span key={line.key} class={`lines-name ${line.class}`} {...(line.style && { style: line.style })}>
            <span class="cut" title={line.name}>
              {line.name}
            </span>{' '}
            <span class="number">{line.said}</span>
          </span>
        ))}
        {more && <span class="muted">{more}</span>}
      </figcaption>
    </figure>
  );
}

const placeOf = (at: number, { from, until }: Span) => (WIDE * (at - from)) / Math.max(1, until - from);
