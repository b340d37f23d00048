import { columnsOf, leadsTo, type StepRow, type StepsOfRun } from './runShape.ts';
import { workflows } from '../../api/built.ts';
import { Scroll, State, Took } from '../../parts/basics.tsx';
import { isOpen } from '../../parts/runs.tsx';
import { t } from './words/index.ts';

const WIDE = 188;
const HIGH = 58;
const BETWEEN = { x: 44, y: 14 };
/** More of one step are shown as one box. */
const MOST_IN_COLUMN = 8;

interface Box {
  readonly row: StepRow;
  readonly rows: readonly StepRow[];
  readonly x: number;
  readonly y: number;
}

/** A run's steps from left to right, each box the way to what it did. */
export function Graph({ run, rows, chosen, onChoose }: StepsOfRun) {
  const planned = workflows.find(({ name }) => name === run.workflow)?.steps ?? [];
  const columns = columnsOf(planned, rows, isOpen(run));
  const most = Math.max(1, ...columns.map((column) => boxesIn(column.rows).length));
  const height = most * (HIGH + BETWEEN.y) - BETWEEN.y;
  const boxes = columns.map((column, x) => place(boxesIn(column.rows), x, height));
  const width = columns.length * (WIDE + BETWEEN.x) - BETWEEN.x;
  if (columns.length === 0) return <p class="muted pad">{t('run.noSteps')}</p>;
  return (
    <Scroll label={t('run.graph')}>
      <div class="graph" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {boxes
            .slice(1)
            .flatMap((column, at) =>
              column.flatMap((to) =>
                boxes[at]!.filter((from) => joined(from, to)).map((from) => (
                  <Edge key={`${from.row.key}>${to.row.key}`} from={from} to={to} />
                )),
              ),
            )}
        </svg>
        {boxes.flat().map((box) => (
          <button
            type="button"
            key={box.row.key}
            class={`node ${box.row.state}`}
            aria-pressed={chosen === box.row.key}
            disabled={box.row.state === 'planned'}
            style={{ left: `${box.x}px`, top: `${box.y}px`, width: `${WIDE}px`, height: `${HIGH}px` }}
            onClick={() => onChoose(box.row.key)}
          >
            <BoxText box={box} />
          </button>
        ))}
      </div>
    </Scroll>
  );
}

const boxesIn = (rows: readonly StepRow[]): (readonly StepRow[])[] => (rows.length > MOST_IN_COLUMN ? [rows] : rows.map((row) => [row]));

function place(found: readonly (readonly StepRow[])[], at: number, height: number): Box[] {
  const own = found.length * (HIGH + BETWEEN.y) - BETWEEN.y;
  return found.map((rows, index) => ({
    row: worstOf(rows),
    rows,
    x: at * (WIDE + BETWEEN.x),
    y: (height - own) / 2 + index * (HIGH + BETWEEN.y),
  }));
}

const WORST = ['failed', 'lost', 'running', 'cancelled', 'success', 'planned'];
const worstOf = (rows: readonly StepRow[]) => rows.toSorted((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state))[0]!;

const joined = (from: Box, to: Box) => from.rows.some((before) => to.rows.some((after) => leadsTo(before, after)));

function Edge({ from, to }: { from: Box; to: Box }) {
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
  const bend = (x2 - x1) / 2;
  return <path d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} class="edge" />;
}

function BoxText({ box: { row, rows } }: { box: Box }) {
  const first = row.attempts[0];
  const latest = row.attempts.at(-1);
  const about = rows.length > 1 ? t('run.parts', { count: rows.length }) : [row.subject, row.part].filter(Boolean).join(' · ');
  return (
    <>
      <span class="node-name">{row.step}</span>
      <span class="node-more">
        <State of={row.state} />
        {first && latest && <Took from={first.started_at} until={latest.ended_at} />}
        {row.attempts.length > 1 && <span>×{row.attempts.length}</span>}
      </span>
      {about && <span class="node-about">{about}</span>}
    </>
  );
}
