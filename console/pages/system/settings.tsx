import type { Setting } from '../../../contracts/system.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { SYSTEM_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

/** As what the API was set up: each variable, and where its value comes from. */
export const Settings = () => (
  <Page title={t('system.settings')} lead={t('settings.lead')}>
    <Tabs of={SYSTEM_TABS} say={t} />
    <ForRole least="admin">
      <Listed />
    </ForRole>
  </Page>
);

function Listed() {
  const polled = usePoll((signal) => api.system.settings({ signal }), 'settings', 0);
  const words = query.value.get('q') ?? '';
  const given = query.value.get('given') !== null;
  const fits = ({ name, purpose, source }: Setting) =>
    `${name} ${purpose}`.toLowerCase().includes(words.toLowerCase()) && (!given || source !== 'default');
  return (
    <>
      <div class="filters">
        <label>
          {t('settings.words')}
          <input type="search" value={words} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
        </label>
        <label class="check">
          <input type="checkbox" checked={given} onChange={(event) => setQuery({ given: event.currentTarget.checked ? '1' : undefined })} />
          {t('settings.given')}
        </label>
      </div>
      <Card>
        <Show of={polled}>{({ settings }) => <Rows of={settings.filter(fits)} />}</Show>
        <footer class="card-foot">
          <Command of={['settings', ...(given ? ['--given'] : [])]} />
        </footer>
      </Card>
    </>
  );
}

const Rows = ({ of }: { of: readonly Setting[] }) =>
  of.length === 0 ? (
    <Empty title={t('settings.none')}>
      <p>{t('settings.noneNext')}</p>
    </Empty>
  ) : (
    <Table
      label={t('system.settings')}
      columns={[t('system.setting'), t('settings.value'), t('settings.from'), { title: t('settings.purpose'), class: 'wide' }]}
    >
      {of.map((setting) => (
        <tr key={setting.name}>
          <td class="mono strong">{setting.name}</td>
          <td class="break">
            <Value of={setting} />
          </td>
          <td class={setting.source === 'default' ? 'muted nowrap' : 'nowrap'}>{named('source', setting.source)}</td>
          <td class="wide muted">{setting.purpose}</td>
        </tr>
      ))}
    </Table>
  );

function Value({ of: { is_secret: isSecret, is_set: isSet, value } }: { of: Setting }) {
  if (isSecret) return <State of={isSet ? 'isSet' : 'isNotSet'} label={named('secret', isSet ? 'isSet' : 'isNotSet')} />;
  return value === null ? <span class="muted">–</span> : <span class="mono">{value}</span>;
}
