import { useEffect, useRef, useState } from 'preact/hooks';
import { runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import type { RunStep } from '../../../contracts/runs.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { learningCurve, progressPhrases, shareDone } from './progress.ts';
import type { StepRow } from './runShape.ts';
import { language } from '../../settings.ts';
import { timeText } from '../../format.ts';
import { AskDialog } from '../../parts/ask.tsx';
import { Card, Json, State, Took } from '../../parts/basics.tsx';
import { Curve } from './curve.tsx';
import { Fault } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { useLogs } from './useLogs.ts';
import { t } from './words/index.ts';

/** Every attempt of one step, how far it has come, what it said and what it came to. */
export function StepDetail({ runId, row, onClose, onRetry }: { runId: string; row: StepRow; onClose: () => void; onRetry: () => void }) {
  const latest = row.attempts.at(-1)!;
  const [asks, setAsks] = useState(false);
  const goesOn = latest.state === 'running';
  const logs = useLogs(runId, row, goesOn);
  const points = learningCurve(logs.lines, goesOn ? latest.progress : null);
  return (
    <Card
      class="step-detail"
      title={[row.step, row.subject, row.part].filter(Boolean).join(' · ')}
      aside={
        <span class="actions">
          {may('operator') && (
            <button type="button" class="small" onClick={() => setAsks(true)}>
              {t('run.retry')}
            </button>
          )}
          <button type="button" class="quiet small" onClick={onClose}>
            {t('common.close')}
          </button>
        </span>
      }
    >
      <Table
        label={t('run.attempts')}
        columns={[
          t('run.attemptHead'),
          t('runs.state'),
          t('runs.started'),
          { title: t('runs.took'), class: 'right' },
          { title: t('run.worker'), class: 'wide' },
        ]}
      >
        {row.attempts.map((attempt) => (
          <tr key={attempt.attempt}>
            <td>
              {attempt.attempt}
              {attempt.error && <p class="row-note bad">{attempt.error}</p>}
            </td>
            <td>
              <State of={attempt.state} />
            </td>
            <td class="nowrap">{timeText(attempt.started_at, language.value)}</td>
            <td class="right nowrap">
              <Took from={attempt.started_at} until={attempt.ended_at} />
            </td>
            <td class="wide break">
              {attempt.queue} · {attempt.worker}
            </td>
          </tr>
        ))}
      </Table>
      {goesOn && <Progress of={latest} />}
      {points.length > 1 && (
        <div class="progress">
          <Curve points={points} label={t('run.curve')} x={t('run.epoch')} y={t('run.loss')} />
        </div>
      )}
      {latest.result !== null && (
        <details class="fold" open>
          <summary>{t('run.result')}</summary>
          <Json of={latest.result} label={t('run.result')} />
        </details>
      )}
      <Logs of={logs} follows={goesOn} />
      {asks && <Retry runId={runId} row={row} onClose={() => setAsks(false)} onDone={onRetry} />}
    </Card>
  );
}

/** Asks before a run is set back to before a step. */
function Retry({
  runId,
  row: { step, subject, part },
  onClose,
  onDone,
}: {
  runId: string;
  row: StepRow;
  onClose: () => void;
  onDone: () => void;
}) {
  const retry = async () => {
    const body = { step, ...(subject !== null && { subject }), ...(part !== null && { part }) };
    await api.runs.retry({ params: runParamsOf(runId), body });
    onDone();
    return t('run.retried', { step });
  };
  const only = [...(subject === null ? [] : ['--subject', subject]), ...(part === null ? [] : ['--part', part])];
  return (
    <AskDialog
      label={t('run.retry')}
      title={t('run.retryAsk', { step })}
      says={t('run.retrySays')}
      command={['retry', runId, step, ...only]}
      act={retry}
      onClose={onClose}
    />
  );
}

/** The latest heartbeat of a step, in words. */
function Progress({ of: { progress } }: { of: RunStep }) {
  const said = progressPhrases(progress, t, language.value).join(' · ');
  const share = shareDone(progress);
  if (said === '') return null;
  return (
    <div class="progress">
      {share && <progress value={share.done} max={share.of} aria-label={said} />}
      <p>{said}</p>
    </div>
  );
}

function Logs({ of: { lines, error }, follows }: { of: ReturnType<typeof useLogs>; follows: boolean }) {
  const end = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follows && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [lines, follows]);
  return (
    <details class="fold" open>
      <summary>{t('run.logs', { count: lines.length })}</summary>
      {error !== undefined && <Fault of={error} />}
      {lines.length === 0 ? (
        <p class="muted pad">{t('run.noLogs')}</p>
      ) : (
        <pre class="logs" ref={end} tabIndex={0} role="region" aria-label={t('run.logs', { count: lines.length })}>
          {lines.map((line) => (
            <span key={`${line.attempt}:${line.line}`} class={`log ${line.level}`}>
              <span class="muted">{new Date(line.logged_at).toLocaleTimeString(language.value)}</span> {line.message}
              {Object.keys(line.fields).length > 0 && <span class="muted"> {JSON.stringify(line.fields)}</span>}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </details>
  );
}
