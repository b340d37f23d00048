import { useState } from 'preact/hooks';
import { commandText } from '../format.ts';
import { t } from '../words/index.ts';

const SHOWN_MS = 1_500;

/** The command that does, or shows, the same: to be copied. */
export function Command({ of }: { of: readonly string[] }) {
  const text = commandText(...of);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <div class="command" title={t('command.same')}>
      <span class="visually-hidden">{t('command.same')}</span>
      <code tabIndex={0}>{text}</code>
      <button type="button" class="quiet small" onClick={() => void copy()} aria-label={t('command.copy', { command: text })}>
        {isCopied ? t('command.copied') : t('command.copyShort')}
      </button>
    </div>
  );
}
