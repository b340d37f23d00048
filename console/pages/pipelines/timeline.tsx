import { durationText } from '../../format.ts';
import { spanOf, ticksOf, type StepsOfRun } from './runShape.ts';
import { language } from '../../settings.ts';
import { now } from '../../parts/now.ts';
import { isOpen } from '../../parts/runs.tsx';
import { named, t } from './words/index.ts';

/** When each step of a run was done: a row each, a bar for each attempt. */
export function Timeline({ run, rows, chosen, onChoose }: StepsOfRun) {
  if (rows.length === 0) return <p class="muted pad">{t('run.noSteps')}</p>;
  const { from, until } = spanOf(run.steps, isOpen(run) ? now.value : Date.parse(run.ended_at ?? run.created_at));
  const share = (ms: number) => `${(100 * ms) / (until - from)}%`;
  return (
    <div class="timeline">
      <div class="timeline-axis" aria-hidden="true">
        {ticksOf(until - from).map((at) => (
          <span key={at} style={{ left: share(at) }}>
            {at === 0 ? '0' : durationText(at, language.value)}
          </span>
        ))}
      </div>
      {rows.map((row) => (
        <button type="button" key={row.key} class="timeline-row" aria-pressed={chosen === row.key} onClick={() => onChoose(row.key)}>
          <span class="timeline-name">
            {row.step} <span class="muted">{[row.subject, row.part].filter(Boolean).join(' · ')}</span>
          </span>
          <span class="timeline-track">
            {row.attempts.map(({ attempt, state, started_at, ended_at }) => {
              const begin = Date.parse(started_at);
              const end = ended_at === null ? until : Date.parse(ended_at);
              const said = `${t('run.attempt', { attempt })}: ${named('state', state)}, ${durationText(end - begin, language.value)}`;
              return (
                <span key={attempt} class={`bar ${state}`} title={said} style={{ left: share(begin - from), width: share(end - begin) }} />
              );
            })}
          </span>
          <span class="number timeline-took">
            {durationText(
              (row.attempts.at(-1)!.ended_at === null ? now.value : Date.parse(row.attempts.at(-1)!.ended_at!)) -
                Date.parse(row.attempts[0]!.started_at),
              language.value,
            )}
          </span>
        </button>
      ))}
    </div>
  );
}
