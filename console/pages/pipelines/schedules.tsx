import type { Schedule } from '../../../contracts/schedules.ts';
import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { AskDialog } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Backfills } from './backfills.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { PIPELINE_TABS } from './pipelines.tsx';
import { t } from './words/index.ts';

const EVERY_MS = 10_000;

/** When workflows start by themselves. */
export function Schedules() {
  const listed = usePoll((signal) => api.schedules.list({ signal }), 'schedules', EVERY_MS);
  return (
    <Page title={t('pipelines.schedules')} lead={t('schedules.lead')}>
      <Tabs of={PIPELINE_TABS} say={t} />
      <Card>
        <Show of={listed}>
          {({ schedules }) =>
            schedules.length === 0 ? (
              <Empty title={t('schedules.none')}>
                <Command of={['schedules', 'create', 'nightly', 'movieTrainingPipeline', '--cron', '0 3 * * *']} />
              </Empty>
            ) : (
              <Table
                label={t('pipelines.schedules')}
                columns={[
                  t('schedules.schedule'),
                  t('schedules.when'),
                  t('schedules.next'),
                  { title: t('schedules.latest'), class: 'wide' },
                  { title: t('common.actions'), isHidden: true },
                ]}
              >
                {schedules.map((schedule) => (
                  <Row key={schedule.schedule_id} of={schedule} onChange={listed.refresh} />
                ))}
              </Table>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

function Row({ of, onChange }: { of: Schedule; onChange: () => void }) {
  const latest = of.recent_runs.at(-1);
  return (
    <tr>
      <td>
        <strong class="break">{of.schedule_id}</strong>
        <p class="row-note">{of.workflow}</p>
      </td>
      <td>
        <span class="mono">{of.cron.join(', ')}</span>
        <p class="row-note">{of.timezone}</p>
      </td>
      <td class="nowrap">{of.paused ? <State of="paused" /> : <Ago at={of.next_runs[0]} />}</td>
      <td class="wide">{latest ? <RunLink id={latest.run_id} /> : <span class="muted">–</span>}</td>
      <td class="right nowrap">
        <ScheduleActions of={of} onChange={onChange} />
      </td>
    </tr>
  );
}

type Asked = Deed | 'backfill';
type Deed = 'trigger' | 'pause' | 'unpause';

function ScheduleActions({ of, onChange }: { of: Schedule; onChange: () => void }) {
  const [asked, setAsked] = useState<Asked>();
  const params = { schedule_id: of.schedule_id };
  const act = async (deed: Deed) => {
    await (deed === 'trigger' ? api.schedules.trigger({ params }) : api.schedules[deed]({ params, body: {} }));
    onChange();
    return t(`schedules.${deed}Done`, { schedule: of.schedule_id });
  };
  const backfills = (
    <button type="button" class="small" onClick={() => setAsked('backfill')}>
      {t('backfills.title')}
    </button>
  );
  const shown = asked === 'backfill' && <Backfills of={of.schedule_id} onClose={() => setAsked(undefined)} />;
  if (!may('operator'))
    return (
      <>
        {backfills}
        {shown}
      </>
    );
  return (
    <>
      {backfills}{' '}
      <button type="button" class="small" onClick={() => setAsked('trigger')}>
        {t('schedules.trigger')}
      </button>{' '}
      <button type="button" class="small" onClick={() => setAsked(of.paused ? 'unpause' : 'pause')}>
        {t(of.paused ? 'schedules.unpause' : 'schedules.pause')}
      </button>
      {shown}
      {asked && asked !== 'backfill' && (
        <AskDialog
          label={t(`schedules.${asked}`)}
          title={`${t(`schedules.${asked}`)}: ${of.schedule_id}`}
          says={t(`schedules.${asked}Says`)}
          command={['schedules', asked, of.schedule_id]}
          act={() => act(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
