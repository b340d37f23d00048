import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { useAction } from '../../parts/action.tsx';
import { Ago, Empty, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Fault, Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from './words/index.ts';

const EVERY_MS = 5_000;
const MOST_AT_ONCE = 20;

/** What a schedule did for a span of the past, and a form to have it do so. */
export function Backfills({ of: schedule, onClose }: { of: string; onClose: () => void }) {
  const params = { schedule_id: schedule };
  const listed = usePoll((signal) => api.schedules.backfills({ params, signal }), schedule, EVERY_MS);
  return (
    <Dialog title={`${t('backfills.title')}: ${schedule}`} onClose={onClose}>
      <p>{t('backfills.says')}</p>
      {may('operator') && <Begin schedule={schedule} onBegun={listed.refresh} />}
      <Show of={listed}>
        {({ backfills }) =>
          backfills.length === 0 ? (
            <Empty title={t('backfills.none')} />
          ) : (
            <Table label={t('backfills.title')} columns={[t('runs.run'), t('runs.state'), t('backfills.done'), t('runs.started')]}>
              {backfills.map(({ run_id: run, state, times, succeeded, failed, created_at: created }) => (
                <tr key={run}>
                  <td>
                    <RunLink id={run} />
                  </td>
                  <td>
                    <State of={state} />
                  </td>
                  <td class="nowrap">
                    <progress value={succeeded + failed} max={times ?? succeeded + failed + 1} aria-label={t('backfills.done')} />
                    {t('backfills.counts', { succeeded, failed, times: times ?? '?' })}
                  </td>
                  <td class="nowrap">
                    <Ago at={created} />
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Show>
    </Dialog>
  );
}

function Begin({ schedule, onBegun }: { schedule: string; onBegun: () => void }) {
  const [start, setStart] = useState('');
  const [end, setEnd] = useState('');
  const [atOnce, setAtOnce] = useState('1');
  const begin = useAction(async () => {
    const { run_id: run } = await api.schedules.backfill({
      params: { schedule_id: schedule },
      body: { start, end, max_concurrent: Number(atOnce) },
    });
    onBegun();
    return t('start.started', { run });
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void begin.run();
  };
  const day = (label: string, value: string, set: (value: string) => void) => (
    <label>
      {label}
      <input type="date" required value={value} onInput={(event) => set(event.currentTarget.value)} />
    </label>
  );
  return (
    <form class="filters" onSubmit={onSubmit}>
      {day(t('backfills.from'), start, setStart)}
      {day(t('backfills.until'), end, setEnd)}
      <label>
        {t('backfills.atOnce')}
        <input type="number" min={1} max={MOST_AT_ONCE} value={atOnce} onInput={(event) => setAtOnce(event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary" disabled={begin.isBusy}>
        {t('backfills.begin')}
      </button>
      {begin.error !== undefined && <Fault of={begin.error} />}
      {start && end && <Command of={['schedules', 'backfill', schedule, '--start', start, '--end', end, '--max', atOnce]} />}
    </form>
  );
}
