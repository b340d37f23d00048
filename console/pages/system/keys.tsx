import { useState } from 'preact/hooks';
import type { IssuedKey } from '../../../contracts/keys.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ask } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { IssueKey } from './issueKey.tsx';
import { RotateKey } from './rotateKey.tsx';
import { SYSTEM_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 10_000;

/** By which callers are known. */
export function Keys() {
  const [isIssuing, setIssuing] = useState(false);
  const issue = (
    <button type="button" class="primary" onClick={() => setIssuing(true)}>
      {t('keys.issue')}
    </button>
  );
  return (
    <Page title={t('system.keys')} lead={t('keys.lead')} actions={may('admin') && issue}>
      <Tabs of={SYSTEM_TABS} say={t} />
      <ForRole least="admin">
        <Listed isIssuing={isIssuing} onIssued={() => setIssuing(false)} />
      </ForRole>
    </Page>
  );
}

function Listed({ isIssuing, onIssued }: { isIssuing: boolean; onIssued: () => void }) {
  const all = query.value.get('all') !== null;
  const polled = usePoll((signal) => api.keys.list({ query: { all: all ? 'true' : 'false' }, signal }), `keys ${all}`, EVERY_MS);
  return (
    <>
      <div class="filters">
        <label class="check">
          <input type="checkbox" checked={all} onChange={(event) => setQuery({ all: event.currentTarget.checked ? '1' : undefined })} />
          {t('keys.all')}
        </label>
      </div>
      <Card>
        <Show of={polled}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Empty title={t('keys.none')}>
                <p>{t('keys.noneNext')}</p>
              </Empty>
            ) : (
              <KeyTable of={keys} onChange={polled.refresh} />
            )
          }
        </Show>
        <footer class="card-foot">
          <Command of={['keys', 'list', ...(all ? ['--all'] : [])]} />
        </footer>
      </Card>
      {isIssuing && <IssueKey onClose={onIssued} onDone={polled.refresh} />}
    </>
  );
}

const KeyTable = ({ of, onChange }: { of: readonly IssuedKey[]; onChange: () => void }) => (
  <Table
    label={t('system.keys')}
    columns={[
      t('keys.name'),
      t('runs.state'),
      t('keys.until'),
      { title: t('keys.used'), class: 'wide' },
      { title: t('keys.issued'), class: 'wide' },
      { title: t('common.actions'), class: 'right', isHidden: true },
    ]}
  >
    {of.map((key) => (
      <tr key={key.key_id}>
        <td>
          <strong class="break">{key.name}</strong>
          <p class="row-note">
            {named('role', key.role)} <span class="mono">{key.key_id}</span>
          </p>
        </td>
        <td>
          <State
            of={key.state === 'good' && key.replaced_by !== null ? 'rotated' : key.state}
            label={named('key', key.state === 'good' && key.replaced_by !== null ? 'rotated' : key.state)}
          />
        </td>
        <td class="nowrap">{key.expires_at ? <Ago at={key.expires_at} /> : t('keys.forEver')}</td>
        <td class="wide nowrap">{key.last_used_at ? <Ago at={key.last_used_at} /> : <span class="muted">{t('keys.never')}</span>}</td>
        <td class="wide">
          <Ago at={key.created_at} /> <span class="muted break">{key.created_by}</span>
        </td>
        <td class="right nowrap">{key.state === 'good' && <KeyActions of={key} onChange={onChange} />}</td>
      </tr>
    ))}
  </Table>
);

const KeyActions = ({ of, onChange }: { of: IssuedKey; onChange: () => void }) => (
  <>
    {of.replaced_by === null && <RotateKey of={of} onDone={onChange} />}{' '}
    <Ask
      label={t('keys.revoke')}
      title={t('keys.revokeAsk', { name: of.name })}
      says={t('keys.revokeSays')}
      command={['keys', 'revoke', of.key_id]}
      class="danger"
      size="small"
      act={async () => {
        await api.keys.revoke({ params: { key_id: of.key_id } });
        onChange();
        return t('keys.revoked', { name: of.name });
      }}
    />
  </>
);
