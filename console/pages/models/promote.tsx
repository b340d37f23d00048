import { useState } from 'preact/hooks';
import type { ModelVersion } from '../../../contracts/registry.ts';
import { api } from '../../api/calls.ts';
import { Refused } from '../../api/failures.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { GateRules } from './gate.tsx';
import { Fault } from '../../parts/polled.tsx';
import { t } from './words/index.ts';

const CONFLICT = 409;

interface Props {
  readonly version: ModelVersion;
  /** Whether it was made before the one that serves now */
  readonly isRollBack: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Makes a version the one that serves, with the reason that is kept. What did not pass the gate wants it said twice. */
export function Promote({ version, isRollBack, onClose, onDone }: Props) {
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const title = t(isRollBack ? 'promote.rollBackTitle' : 'promote.title', { model: version.name, version: version.version });
  const promote = useAction(async () => {
    const answer = await api.registry.promote({
      params: { name: version.name },
      body: { version: version.version, description: reason, force },
    });
    onDone();
    return answer.warning ?? t('promote.done', { model: version.name, version: version.version });
  });
  const isAgainstGate = version.gate?.passed === false || (promote.error instanceof Refused && promote.error.status === CONFLICT);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void promote.run();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={onSubmit}>
        <p>{t('promote.says')}</p>
        {version.gate && !version.gate.passed && (
          <GateRules of={{ ...version.gate, rules: version.gate.rules.filter(({ passed }) => !passed) }} />
        )}
        <label class="field">
          <span class="field-name">{t('promote.reason')}</span>
          <textarea
            rows={2}
            value={reason}
            required
            maxLength={5_000}
            onInput={(event) => setReason(event.currentTarget.value.trimStart())}
          />
        </label>
        {isAgainstGate && (
          <label class="check">
            <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> {t('promote.force')}
          </label>
        )}
        {promote.error !== undefined && <Fault of={promote.error} />}
        <Command
          of={[
            'models',
            'promote',
            version.name,
            version.version,
            ...(reason ? ['--description', reason] : []),
            ...(force ? ['--force'] : []),
          ]}
        />
        <footer class="actions">
          <button type="button" onClick={onClose}>
            {t('common.back')}
          </button>
          <button type="submit" class="primary" disabled={promote.isBusy}>
            {t(isRollBack ? 'model.rollBack' : 'model.promote')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
