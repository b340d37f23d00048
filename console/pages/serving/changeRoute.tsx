import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ServedRoute } from '../../../contracts/routes.ts';
import { api } from '../../api/calls.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Fault } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { commandOf } from './routeSpec.ts';
import { sharesOf } from './shares.ts';
import { t } from './words/index.ts';

interface Props {
  readonly of: ServedRoute;
  /** As they are to be, their weights in percent; those that are new come last */
  readonly variants: ServedRoute['variants'];
  readonly says: string;
  readonly label: string;
  /** Said once it is done */
  readonly done: string;
  readonly children?: ComponentChildren;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before the users of a route are shared otherwise: who has which share then, and why. */
export function ChangeRoute({ of, variants, says, label, done, children, onClose, onDone }: Props) {
  const { route, revision, shadows, salt } = of;
  const [reason, setReason] = useState('');
  const before = sharesOf(of.variants.map(({ weight }) => weight));
  const save = useAction(async () => {
    const body = { variants, shadows, ...(salt !== undefined && { salt }), reason, if_revision: revision };
    await api.routes.set({ params: { route }, body });
    onDone();
    return done;
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void save.run();
  };
  return (
    <form class="form" onSubmit={onSubmit}>
      <p>{says}</p>
      {children}
      <Table label={route} columns={[t('routes.variant'), t('routes.before'), t('routes.then')]}>
        {variants.map(({ name, weight }, at) => (
          <tr key={at}>
            <td>{name}</td>
            <td class="number">{before[at] === undefined ? '–' : `${before[at]} %`}</td>
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
          {label}
        </button>
      </footer>
    </form>
  );
}
