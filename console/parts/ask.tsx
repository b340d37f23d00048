import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from './action.tsx';
import { Command } from './command.tsx';
import { Dialog } from './dialog.tsx';
import { Fault } from './polled.tsx';
import { t } from '../words/index.ts';

interface Props {
  /** What the button that opens it says, and the one that does it */
  readonly label: string;
  readonly title?: string;
  readonly says: ComponentChildren;
  readonly command: readonly string[];
  readonly class?: 'danger' | 'primary';
  readonly size?: 'small';
  /** Resolves with what to say of it */
  readonly act: () => Promise<string | undefined>;
}

/** A button for what is done after asking once more. */
export function Ask({ label, title = label, says, command, class: look = 'primary', size, act }: Props) {
  const [isAsked, setAsked] = useState(false);
  const doing = useAction(act);
  const close = () => setAsked(false);
  const run = async () => {
    if (await doing.run()) close();
  };
  return (
    <>
      <button type="button" class={[size, look === 'danger' || !size ? look : ''].join(' ').trim()} onClick={() => setAsked(true)}>
        {label}
      </button>
      {isAsked && (
        <Dialog title={title} onClose={close}>
          <p>{says}</p>
          {doing.error !== undefined && <Fault of={doing.error} />}
          <Command of={command} />
          <footer class="actions">
            <button type="button" onClick={close}>
              {t('common.back')}
            </button>
            <button type="button" class={look} disabled={doing.isBusy} onClick={() => void run()}>
              {label}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
