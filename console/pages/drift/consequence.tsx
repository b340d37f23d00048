import type { ComponentChildren } from 'preact';
import type { DriftConsequence, DriftReport } from '../../../contracts/drift.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Link, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { stateOf } from './driftState.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;

/** From a report to the version that came of it: what is there so far, and what keeps the rest from being there. */
export function Consequence({ of: report }: { of: DriftReport }) {
  const { report_id } = report;
  const polled = usePoll((signal) => api.drift.consequence({ params: { report_id }, signal }), report_id, EVERY_MS);
  return (
    <Card title={t('drift.came')}>
      <Show of={polled}>
        {(consequence) => (
          <>
            <ol class="ancestry four">
              <Station title={t('drift.report')}>
                <State of={stateOf(report)} />
                <Ago at={report.created_at} />
              </Station>
              <Station title={t('drift.alert')}>
                <AlertOf of={consequence} ownId={report_id} />
              </Station>
              <Station title={t('drift.retraining')}>
                <Retraining of={consequence} />
              </Station>
              <Station title={t('drift.outcome')}>
                <Outcome of={consequence} />
              </Station>
            </ol>
            <p class="pad muted">
              {consequence.state === 'calm' && stateOf(report) === 'not_judged' ? t('drift.unjudged') : t(`came.${consequence.state}`)}
            </p>
          </>
        )}
      </Show>
      <footer class="card-foot">
        <Command of={['drift', 'consequence', report_id]} />
      </footer>
    </Card>
  );
}

const Station = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <li>
    <span class="muted">{title}</span>
    {children}
  </li>
);

const Nothing = () => <span class="muted">–</span>;

function AlertOf({ of: { alert }, ownId }: { of: DriftConsequence; ownId: string }) {
  if (!alert) return <Nothing />;
  return (
    <>
      {may('operator') ? (
        <Link to={`/events?topic=model-drift-alerts&filter=event_id%3D${alert.event_id}`}>{t('drift.alertMessage')}</Link>
      ) : (
        <span class="mono cut">{alert.event_id}</span>
      )}
      {alert.received_at && <Ago at={alert.received_at} />}
      {alert.report_id !== ownId && <Link to={`/drift/${alert.report_id}`}>{t('drift.toldBy')}</Link>}
    </>
  );
}

function Retraining({ of: { retraining, state, run_id: gatherer } }: { of: DriftConsequence }) {
  if (retraining)
    return (
      <>
        <RunLink id={retraining.run_id} />
        <Ago at={retraining.started_at} />
      </>
    );
  return state === 'gathering' ? <RunLink id={gatherer} /> : <Nothing />;
}

function Outcome({ of: { retraining } }: { of: DriftConsequence }) {
  if (!retraining) return <Nothing />;
  const { outcome, version, model_name: model, reason } = retraining;
  return (
    <>
      <State of={outcome} label={named('outcome', outcome)} />
      {version && (
        <Link to={`/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`}>
          {model} {t('models.version', { version })}
        </Link>
      )}
      {reason && <span class="muted">{reason}</span>}
    </>
  );
}
