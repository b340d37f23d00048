import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from './action.tsx';
import { Command } from './command.tsx';
import { Dialog } from './dialog.tsx';
import { Fault } from './polled.tsx';
import { t } from '../words/index.ts';

interface Asked {
  /** What the button says that does it */
  readonly label: string;
  readonly title?: string;
  readonly says: ComponentChildren;
  /** What else is to be said before */
  readonly children?: ComponentChildren;
  readonly command: readonly string[];
  readonly class?: 'danger' | 'primary';
  /** Resolves with what to say of it */
  readonly act: () => Promise<string | undefined>;
}

/** A button for what is done after asking once more. */
export function Ask({ size, ...asked }: Asked & { readonly size?: 'small' }) {
  const [isAsked, setAsked] = useState(false);
  const look = asked.class === 'danger' || !size ? (asked.class ?? 'primary') : '';
  return (
    <>
      <button type="button" class={[size, look].join(' ').trim()} onClick={() => setAsked(true)}>
        {asked.label}
      </button>
      {isAsked && <AskDialog {...asked} onClose={() => setAsked(false)} />}
    </>
  );
}

/** Asks once more, shows the command that does the same, and closes once it is done. */
export function AskDialog({
  label,
  title = label,
  says,
  children,
  command,
  class: look = 'primary',
  act,
  onClose,
}: Asked & { readonly onClose: () => void }) {
  const doing = useAction(act);
  const run = async () => {
    if (await doing.run()) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{says}</p>
      {children}
      {doing.error !== undefined && <Fault of={doing.error} />}
      <Command of={command} />
      <footer class="actions">
        <button type="button" onClick={onClose}>
          {t('common.back')}
        </button>
        <button type="button" class={look} disabled={doing.isBusy} onClick={() => void run()}>
          {label}
        </button>
      </footer>
    </Dialog>
  );
}
