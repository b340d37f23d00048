import { useState } from 'preact/hooks';
import type { NewKey as Made } from '../../../contracts/keys.ts';
import { t } from './words/index.ts';

const SHOWN_MS = 1_500;

/** A key that was made, which is told this once. */
export function NewKey({ of, onClose }: { of: Made; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(of.key);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <>
      <p>{t('keys.once', { name: of.name, role: of.role })}</p>
      <div class="command">
        <code class="new-key" tabIndex={0}>
          {of.key}
        </code>
        <button type="button" class="quiet small" onClick={() => void copy()}>
          {t(isCopied ? 'command.copied' : 'command.copyShort')}
        </button>
      </div>
      <footer class="actions">
        <button type="button" class="primary" onClick={onClose}>
          {t('keys.kept')}
        </button>
      </footer>
    </>
  );
}
