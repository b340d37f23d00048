import { useState } from 'preact/hooks';
import type { IssuedKey, NewKey as Made } from '../../../contracts/keys.ts';
import { api } from '../../api/calls.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Fault } from '../../parts/polled.tsx';
import { NewKey } from './newKey.tsx';
import { t } from './words/index.ts';

/** By hours for which the old key is good beside the new one. */
const GRACES = ['0', '1', '24', '168'] as const;

/** A button that makes a key in place of another, after asking for how long the old one is still needed. */
export function RotateKey({ of, onDone }: { of: IssuedKey; onDone: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const [hours, setHours] = useState<string>('24');
  const [made, setMade] = useState<Made>();
  const rotate = useAction(async () => {
    setMade(await api.keys.rotate({ params: { key_id: of.key_id }, body: { grace_s: Number(hours) * 3_600 } }));
    return undefined;
  });
  const close = () => {
    setAsked(false);
    // The list is read anew only now: by it this key is rotated, and the dialog with the new one would go.
    if (made) onDone();
  };
  return (
    <>
      <button type="button" class="small" onClick={() => setAsked(true)}>
        {t('keys.rotate')}
      </button>
      {isAsked && (
        <Dialog title={t('keys.rotateAsk', { name: of.name })} onClose={close}>
          {made ? (
            <NewKey of={made} onClose={close} />
          ) : (
            <>
              <p>{t('keys.rotateSays')}</p>
              <label class="field">
                <span class="field-name">{t('keys.grace')}</span>
                <select value={hours} onChange={(event) => setHours(event.currentTarget.value)}>
                  {GRACES.map((one) => (
                    <option key={one} value={one}>
                      {t(`grace.${one}`)}
                    </option>
                  ))}
                </select>
              </label>
              {rotate.error !== undefined && <Fault of={rotate.error} />}
              <Command of={['keys', 'rotate', of.key_id, '--grace', `${hours}h`]} />
              <footer class="actions">
                <button type="button" onClick={close}>
                  {t('common.back')}
                </button>
                <button type="button" class="primary" disabled={rotate.isBusy} onClick={() => void rotate.run()}>
                  {t('keys.rotate')}
                </button>
              </footer>
            </>
          )}
        </Dialog>
      )}
    </>
  );
}
