import { useState } from 'preact/hooks';
import type { ServedRoute } from '../../../contracts/routes.ts';
import { api } from '../../api/calls.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Fault } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { commandOf } from './routeSpec.ts';
import { t } from './words/index.ts';

interface Props {
  readonly of: ServedRoute;
  /** In percent, in the order of the variants */
  readonly before: readonly number[];
  readonly shares: readonly number[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before the users of a route are shared otherwise. */
export function SaveShares({ of, before, shares, onClose, onDone }: Props) {
  const { route, revision, shadows, salt } = of;
  const [reason, setReason] = useState('');
  const variants = of.variants.map((variant, at) => ({ ...variant, weight: shares[at]! }));
  const save = useAction(async () => {
    const body = { variants, shadows, ...(salt !== undefined && { salt }), reason, if_revision: revision };
    await api.routes.set({ params: { route }, body });
    onDone();
    return t('routes.saved', { route });
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void save.run();
  };
  return (
    <Dialog title={t('routes.saveTitle', { route })} onClose={onClose}>
      <form class="form" onSubmit={onSubmit}>
        <p>{t('routes.saveSays')}</p>
        <Table label={route} columns={[t('routes.variant'), t('routes.before'), t('routes.then')]}>
          {variants.map(({ name, weight }, at) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="number">{before[at]} %</td>
              <td class="number strong">{weight} %</td>
            </tr>
          ))}
        </Table>
        <label class="field">
          <span class="field-name">{t('promote.reason')}</span>
          <textarea rows={2} value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {save.error !== undefined && <Fault of={save.error} />}
        <Command of={commandOf({ ...of, variants }, reason)} />
        <footer class="actions">
          <button type="button" onClick={onClose}>
            {t('common.back')}
          </button>
          <button type="submit" class="primary" disabled={save.isBusy}>
            {t('routes.save')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
