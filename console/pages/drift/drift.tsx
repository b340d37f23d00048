import { useState } from 'preact/hooks';
import type { Push } from '../../../contracts/drift.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { AskDialog } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { Table } from '../../parts/table.tsx';
import { stateOf } from './driftState.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 10_000;

/** Whether what comes in still is what models learnt from, and what came of it where it is not. */
export function Drift() {
  const reports = usePoll((signal) => api.drift.list({ query: { limit: 50 }, signal }), 'reports', EVERY_MS);
  return (
    <Page title={t('nav.drift')} lead={t('drift.lead')} actions={<StartLink workflow="driftMonitor">{t('drift.look')}</StartLink>}>
      <Card title={t('drift.reports')}>
        <Show of={reports}>
          {({ reports: all }) =>
            all.length === 0 ? (
              <Empty title={t('drift.none')}>
                <StartLink workflow="driftMonitor" class="button">
                  {t('drift.look')}
                </StartLink>
                <Command of={['drift', 'run']} />
              </Empty>
            ) : (
              <>
                <Table
                  label={t('drift.reports')}
                  columns={[
                    t('models.model'),
                    t('gate.verdict'),
                    { title: t('drift.score'), class: 'right' },
                    { title: t('drift.says'), class: 'wide' },
                    t('drift.alert'),
                    t('drift.made'),
                  ]}
                >
                  {all.map((report) => (
                    <tr key={report.report_id}>
                      <td>
                        <Link to={`/drift/${report.report_id}`} class="strong">
                          {report.model_name} {report.model_version}
                        </Link>
                      </td>
                      <td>
                        <State of={stateOf(report)} />
                      </td>
                      <td class="right">
                        <Num of={report.score} />
                      </td>
                      <td class="wide">{report.verdict.says}</td>
                      <td>
                        <State of={report.alert} label={named('alert', report.alert)} />
                      </td>
                      <td class="nowrap">
                        <Ago at={report.created_at} />
                      </td>
                    </tr>
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['drift', 'list']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
      <div class="columns">
        <DriftDecisions />
        <Pushes />
      </div>
    </Page>
  );
}

function DriftDecisions() {
  const polled = usePoll((signal) => api.drift.decisions({ query: { limit: 20 }, signal }), 'decisions', EVERY_MS);
  return (
    <Card title={t('drift.decisions')}>
      <Show of={polled}>
        {({ decisions }) =>
          decisions.length === 0 ? (
            <Empty title={t('drift.noDecisions')}>
              <p>{t('drift.noDecisionsNext')}</p>
            </Empty>
          ) : (
            <ul class="decisions">
              {decisions.map((decision) => (
                <li key={decision.run_id}>
                  <strong>{decision.model_name}</strong> <State of={decision.outcome} label={named('outcome', decision.outcome)} />{' '}
                  <RunLink id={decision.run_id} />
                  <p class="row-note">
                    <Ago at={decision.started_at} />
                    {decision.reason && ` · ${decision.reason}`}
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </Card>
  );
}

function Pushes() {
  const polled = usePoll((signal) => api.drift.pushes({ query: { limit: 20 }, signal }), 'pushes', EVERY_MS);
  return (
    <Card title={t('drift.pushes')}>
      <Show of={polled}>
        {({ pushes }) =>
          pushes.length === 0 ? (
            <Empty title={t('drift.noPushes')}>
              <p>{t('drift.noPushesNext')}</p>
            </Empty>
          ) : (
            <ul class="decisions">
              {pushes.map((push) => (
                <PushRow key={push.push_id} of={push} onChange={polled.refresh} />
              ))}
            </ul>
          )
        }
      </Show>
    </Card>
  );
}

function PushRow({ of, onChange }: { of: Push; onChange: () => void }) {
  const [asked, setAsked] = useState<'approve' | 'reject'>();
  const [reason, setReason] = useState('');
  const decide = async (decision: 'approve' | 'reject') => {
    await api.drift.decidePush({ params: { push_id: of.push_id }, body: { decision, reason } });
    onChange();
    return t('drift.decided', { movie: of.title ?? of.movie_id });
  };
  return (
    <li>
      <strong class="break">{of.title ?? of.movie_id}</strong> <State of={of.state} label={named('push', of.state)} />
      <p class="row-note">{t('decide.pushWhy', { users: of.users })}</p>
      {may('operator') && of.state === 'held' && (
        <p class="actions">
          {(['approve', 'reject'] as const).map((decision) => (
            <button type="button" class="small" key={decision} onClick={() => setAsked(decision)}>
              {t(`drift.${decision}`)}
            </button>
          ))}
        </p>
      )}
      {asked && (
        <AskDialog
          label={t(`drift.${asked}`)}
          title={`${t(`drift.${asked}`)}: ${of.title ?? of.movie_id}`}
          says={t(`drift.${asked}Says`)}
          command={['drift', asked, of.push_id, ...(reason ? ['--reason', reason] : [])]}
          act={() => decide(asked)}
          onClose={() => setAsked(undefined)}
        >
          <label class="field">
            <span class="field-name">{t('promote.reason')}</span>
            <textarea rows={2} value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        </AskDialog>
      )}
    </li>
  );
}
