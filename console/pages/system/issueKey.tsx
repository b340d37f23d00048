import { useState } from 'preact/hooks';
import type { NewKey as Made } from '../../../contracts/keys.ts';
import type { Role } from '../../../contracts/roles.ts';
import { api } from '../../api/calls.ts';
import { ROLES } from '../../api/caller.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Fault } from '../../parts/polled.tsx';
import { NewKey } from './newKey.tsx';
import { named, t } from './words/index.ts';

/** Asks whose the key is and what it may, then shows it. */
export function IssueKey({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<Made>();
  const issue = useAction(async () => {
    setMade(await api.keys.issue({ body: { name, role, ...(days !== '' && { expires_at: inDays(Number(days)) }) } }));
    onDone();
    return undefined;
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void issue.run();
  };
  return (
    <Dialog title={t('keys.issue')} onClose={onClose}>
      {made ? (
        <NewKey of={made} onClose={onClose} />
      ) : (
        <form class="form" onSubmit={onSubmit}>
          <label class="field">
            <span class="field-name">{t('keys.name')}</span>
            <input required maxLength={200} pattern="[^:]+" value={name} onInput={(event) => setName(event.currentTarget.value)} />
            <span class="hint">{t('keys.nameSays')}</span>
          </label>
          <label class="field">
            <span class="field-name">{t('keys.role')}</span>
            <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {named('role', one)}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span class="field-name">{t('keys.days')}</span>
            <input type="number" min={1} max={3_650} value={days} onInput={(event) => setDays(event.currentTarget.value)} />
            <span class="hint">{t('keys.daysSays')}</span>
          </label>
          {issue.error !== undefined && <Fault of={issue.error} />}
          <Command of={['keys', 'issue', name || 'name', '--role', role, ...(days === '' ? [] : ['--expires', `${days}d`])]} />
          <footer class="actions">
            <button type="button" onClick={onClose}>
              {t('common.back')}
            </button>
            <button type="submit" class="primary" disabled={issue.isBusy}>
              {t('keys.issue')}
            </button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
