import { useState } from 'preact/hooks';
import type { Canary } from '../../../contracts/canary.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { AskDialog } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Link, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { FirstRollout } from './firstRollout.tsx';
import { SERVING_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;

/** Versions on their way through stages of traffic, and those that were. */
export function Rollouts() {
  const polled = usePoll((signal) => api.canaries.list({ query: { limit: 20 }, signal }), 'canaries', EVERY_MS);
  return (
    <Page title={t('serving.rollouts')} lead={t('rollouts.lead')}>
      <Tabs of={SERVING_TABS} say={t} />
      <Show of={polled}>
        {({ canaries }) =>
          canaries.length === 0 ? (
            <Card>
              <Empty title={t('rollouts.none')}>
                <FirstRollout />
              </Empty>
            </Card>
          ) : (
            <>
              {canaries.map((canary) => (
                <Rollout key={canary.rollout_id} of={canary} onChange={polled.refresh} />
              ))}
            </>
          )
        }
      </Show>
    </Page>
  );
}

const shareText = (share: number) => `${Number((100 * share).toFixed(2))} %`;

const Rollout = ({ of, onChange }: { of: Canary; onChange: () => void }) => (
  <Card
    title={`${of.model} ${of.version} → ${of.route}`}
    aside={
      <span class="actions">
        <State
          of={of.paused && of.state === 'running' ? 'paused' : of.state}
          label={named('rollout', of.paused && of.state === 'running' ? 'paused' : of.state)}
        />
        {of.state === 'running' && may('operator') && <Deeds of={of} onChange={onChange} />}
      </span>
    }
  >
    <p class="pad">
      {of.reason} <span class="muted">·</span> <Ago at={of.started_at} /> <span class="muted">·</span> <RunLink id={of.run_id} />
    </p>
    <Table
      label={t('rollouts.stages')}
      columns={[t('rollouts.stage'), t('routes.share'), t('gate.verdict'), { title: t('gate.detail'), class: 'wide' }, t('runs.started')]}
    >
      {of.plan.stages.map(({ share }, at) => {
        const begun = of.stages.find(({ stage }) => stage === at + 1);
        return (
          <tr key={at} {...(of.stage === at + 1 && of.state === 'running' && { class: 'chosen' })}>
            <td>{at + 1}</td>
            <td class="nowrap">
              <span class="share">
                <span style={{ width: shareText(share).replace(' ', '') }} />
              </span>{' '}
              {shareText(share)}
            </td>
            <td>{begun?.verdict ? <State of={begun.verdict} label={named('rollout', begun.verdict)} /> : <span class="muted">–</span>}</td>
            <td class="wide">{begun?.reason}</td>
            <td class="nowrap">
              <Ago at={begun?.started_at} />
            </td>
          </tr>
        );
      })}
    </Table>
    <footer class="card-foot">
      <Command of={['canary', 'show', of.route]} />
      <Link to={`/models/${encodeURIComponent(of.model)}/versions/${of.version}`}>{t('models.version', { version: of.version })}</Link>
    </footer>
  </Card>
);

type Deed = 'pause' | 'resume' | 'abort';

function Deeds({ of, onChange }: { of: Canary; onChange: () => void }) {
  const [asked, setAsked] = useState<Deed>();
  const params = { route: of.route };
  const act = async (deed: Deed) => {
    await (deed === 'abort' ? api.canaries.abort({ params, body: {} }) : api.canaries[deed]({ params }));
    onChange();
    return t('rollouts.told', { route: of.route });
  };
  const deeds: readonly Deed[] = [of.paused ? 'resume' : 'pause', 'abort'];
  return (
    <>
      {deeds.map((deed) => (
        <button type="button" key={deed} class={deed === 'abort' ? 'small danger' : 'small'} onClick={() => setAsked(deed)}>
          {t(`rollouts.${deed}`)}
        </button>
      ))}
      {asked && (
        <AskDialog
          label={t(`rollouts.${asked}`)}
          title={`${t(`rollouts.${asked}`)}: ${of.model} ${of.version}`}
          says={t(`rollouts.${asked}Says`)}
          command={['canary', asked, of.route]}
          act={() => act(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
