import type { FullSystemCheckResult } from '../../../contracts/systemCheck.ts';
import { runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ask } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink, isOpen } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { measuredText } from '../../format.ts';
import { language } from '../../settings.ts';
import { SYSTEM_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;
const WORKFLOW = 'fullSystemCheck';

/** How each of the nine systems answered when it was last asked. */
export function Check() {
  const latest = usePoll(readLatest, 'check', EVERY_MS);
  return (
    <Page
      title={t('system.check')}
      lead={t('check.lead')}
      actions={
        may('operator') && (
          <Ask
            label={t('check.start')}
            says={t('check.says')}
            command={['run', WORKFLOW]}
            act={async () => {
              const { run_id: run } = await api.runs.start({ body: { workflow: WORKFLOW, input: {} } });
              latest.refresh();
              return t('start.started', { run });
            }}
          />
        )
      }
    >
      <Tabs of={SYSTEM_TABS} say={t} />
      <Card>
        <Show of={latest}>
          {({ run, result }) => (
            <>
              {run && (
                <p class="pad">
                  <RunLink id={run.run_id} /> <State of={run.state} /> <Ago at={run.ended_at ?? run.created_at} />
                </p>
              )}
              {result ? <Systems of={result} /> : <Unasked isOpen={run !== undefined && isOpen(run)} />}
            </>
          )}
        </Show>
        <footer class="card-foot">
          <Command of={['check']} />
        </footer>
      </Card>
    </Page>
  );
}

/** The latest check, and what came of the latest that ended well. */
async function readLatest(signal: AbortSignal) {
  const { runs } = await api.runs.list({ query: { workflow: WORKFLOW, limit: 10 }, signal });
  const done = runs.find(({ state }) => state === 'success');
  const found = done && (await api.runs.get({ params: runParamsOf(done.run_id), signal }));
  return { run: runs[0], result: found?.result as FullSystemCheckResult | undefined };
}

const Unasked = ({ isOpen: goesOn }: { isOpen: boolean }) => (
  <Empty title={t(goesOn ? 'check.goesOn' : 'check.none')}>
    <p>{t('check.noneNext')}</p>
  </Empty>
);

const Systems = ({ of }: { of: FullSystemCheckResult }) => (
  <Table
    label={t('system.check')}
    columns={[t('check.system'), t('runs.state'), { title: t('check.answer'), class: 'wide' }, { title: t('runs.took'), class: 'right' }]}
  >
    {of.systems.map(({ system, part, asked, state, answer, ms }) => (
      <tr key={part}>
        <td>
          <span class="strong">{system}</span>
          <p class="row-note">{asked}</p>
        </td>
        <td>
          <State of={state} label={named('check', state)} />
        </td>
        <td class="wide break">{answer}</td>
        <td class="right nowrap number">{measuredText(ms / 1_000, 's', language.value)}</td>
      </tr>
    ))}
  </Table>
);
