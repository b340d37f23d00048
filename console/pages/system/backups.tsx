import type { BackupHistory } from '../../../contracts/backupHistory.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ask } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Facts, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { durationText, measuredText } from '../../format.ts';
import { language } from '../../settings.ts';
import { SYSTEM_TABS } from './tabs.ts';
import { t } from './words/index.ts';

const EVERY_MS = 5_000;
type Backup = BackupHistory['backups'][number];
type Drill = BackupHistory['drills'][number];

/** What there is to go back to, and whether that was tried. */
export function Backups() {
  const polled = usePoll((signal) => api.backups.list({ signal }), 'backups', EVERY_MS);
  const start = (workflow: 'backup' | 'restoreDrill') => async () => {
    const { run_id: run } = await api.runs.start({ body: { workflow, input: {} } });
    polled.refresh();
    return t('start.started', { run });
  };
  const isOffered = may('operator') && polled.data?.is_set_up === true;
  return (
    <Page
      title={t('system.backups')}
      lead={t('backups.lead')}
      actions={
        isOffered && (
          <>
            <Ask label={t('backups.drill')} says={t('backups.drillSays')} command={['backup', 'drill']} act={start('restoreDrill')} />
            <Ask label={t('backups.take')} says={t('backups.takeSays')} command={['backup']} act={start('backup')} />
          </>
        )
      }
    >
      <Tabs of={SYSTEM_TABS} say={t} />
      <Show of={polled}>{(history) => <History of={history} />}</Show>
    </Page>
  );
}

const History = ({ of }: { of: BackupHistory }) => (
  <>
    <Card>
      <Facts of={factsOf(of)} />
    </Card>
    <Card title={t('system.backups')}>
      {of.backups.length === 0 ? (
        <Empty title={t('backups.none')}>
          <p>{t(of.is_set_up ? 'backups.noneNext' : 'backups.notSetUp')}</p>
        </Empty>
      ) : (
        <BackupTable of={of.backups} />
      )}
      <footer class="card-foot">
        <Command of={['backup', 'list']} />
      </footer>
    </Card>
    <Card title={t('backups.drills')}>
      {of.drills.length === 0 ? (
        <Empty title={t('backups.noDrill')}>{of.is_set_up && <p>{t('backups.noDrillNext')}</p>}</Empty>
      ) : (
        <DrillTable of={of.drills} />
      )}
      <footer class="card-foot">
        <Command of={['runs', '--workflow', 'restoreDrill']} />
      </footer>
    </Card>
  </>
);

function factsOf({ is_set_up: isSetUp, is_encrypted: isEncrypted, kept_days: days, backups, drills }: BackupHistory) {
  const newest = backups.find(({ backup }) => backup)?.backup;
  const tried = drills.find(({ drill }) => drill);
  return [
    [t('backups.newest'), newest ? <Ago at={newest.taken_at} /> : <State of={isSetUp ? 'none' : 'notSetUp'} />],
    [t('backups.tried'), tried ? <Ago at={tried.ended_at} /> : <State of="none" />],
    [t('backups.encrypted'), t(isEncrypted ? 'common.yes' : 'common.no')],
    [t('system.kept'), t('system.daysOf', { days })],
  ] as const;
}

const sizeText = (bytes: number) => measuredText(bytes, 'bytes', language.value);

const BackupTable = ({ of }: { of: readonly Backup[] }) => (
  <Table
    label={t('system.backups')}
    columns={[
      t('backups.backup'),
      t('runs.state'),
      t('backups.taken'),
      { title: t('backups.size'), class: 'right' },
      { title: t('backups.rows'), class: 'right wide' },
      { title: t('backups.files'), class: 'right wide' },
      t('backups.verified'),
    ]}
  >
    {of.map(({ run_id: run, state, error, started_at: startedAt, backup, verified_at: verifiedAt }) => (
      <tr key={run}>
        <td>
          <RunLink id={run} />
          {backup && <p class="row-note mono">{backup.backup_id}</p>}
          {error && <p class="row-note bad break">{error}</p>}
        </td>
        <td>
          <State of={state} />
        </td>
        <td class="nowrap">
          <Ago at={backup?.taken_at ?? startedAt} />
        </td>
        <td class="right nowrap number">{backup ? sizeText(backup.bytes) : '–'}</td>
        <td class="right wide">
          <Num of={backup?.rows} />
        </td>
        <td class="right wide">
          <Num of={backup?.blobs} />
        </td>
        <td class="nowrap">{verifiedAt ? <Ago at={verifiedAt} /> : <span class="muted">{t('backups.notTried')}</span>}</td>
      </tr>
    ))}
  </Table>
);

const DrillTable = ({ of }: { of: readonly Drill[] }) => (
  <Table
    label={t('backups.drills')}
    columns={[
      t('runs.run'),
      t('runs.state'),
      t('runs.started'),
      { title: t('backups.restored'), class: 'right' },
      { title: t('backups.compared'), class: 'right wide' },
    ]}
  >
    {of.map(({ run_id: run, state, error, started_at: startedAt, drill }) => (
      <tr key={run}>
        <td>
          <RunLink id={run} />
          {drill && <p class="row-note mono">{drill.backup_id}</p>}
          {error && <p class="row-note bad break">{error}</p>}
        </td>
        <td>
          <State of={state} />
        </td>
        <td class="nowrap">
          <Ago at={startedAt} />
        </td>
        <td class="right nowrap number">{drill ? durationText(drill.restore_s * 1_000, language.value) : '–'}</td>
        <td class="right wide">
          <Num of={drill?.rows} />
        </td>
      </tr>
    ))}
  </Table>
);
