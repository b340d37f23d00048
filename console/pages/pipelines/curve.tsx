import { numberText } from '../../format.ts';
import { language } from '../../settings.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

const WIDE = 560;
const HIGH = 160;
const EDGE = { left: 56, right: 12, top: 12, bottom: 24 };

/** A line through some points. */
export function Curve({ points, label, x: xName, y: yName }: { points: readonly Point[]; label: string; x: string; y: string }) {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const [left, right] = [sorted[0]!.x, sorted.at(-1)!.x];
  const ys = sorted.map(({ y }) => y);
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const at = ({ x, y }: Point) => {
    const across = right === left ? 0 : (x - left) / (right - left);
    const up = high === low ? 0.5 : (y - low) / (high - low);
    return [EDGE.left + across * (WIDE - EDGE.left - EDGE.right), HIGH - EDGE.bottom - up * (HIGH - EDGE.top - EDGE.bottom)] as const;
  };
  const said = (value: number) => numberText(value, language.value);
  return (
    <svg class="curve" viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`${label}: ${yName} ${said(ys[0]!)} → ${said(ys.at(-1)!)}`}>
      <path class="curve-line" d={sorted.map((point, index) => `${index === 0 ? 'M' : 'L'}${at(point).join(' ')}`).join('')} />
      {sorted.map((point) => {
        const [cx, cy] = at(point);
        return <circle key={point.x} class="curve-point" cx={cx} cy={cy} r="3" />;
      })}
      {[high, low].map((value, index) => (
        <text key={index} x={EDGE.left - 8} y={index === 0 ? EDGE.top + 4 : HIGH - EDGE.bottom + 4} text-anchor="end">
          {said(value)}
        </text>
      ))}
      <text x={EDGE.left} y={HIGH - 6}>{`${xName} ${left}`}</text>
      <text x={WIDE - EDGE.right} y={HIGH - 6} text-anchor="end">
        {right}
      </text>
    </svg>
  );
}
