import { commandText } from '../format.ts';
import { t } from '../words/index.ts';
import { Copy } from './copy.tsx';

/** The command that does, or shows, the same: to be copied. */
export function Command({ of }: { of: readonly string[] }) {
  const text = commandText(...of);
  return (
    <div class="command" title={t('command.same')}>
      <span class="visually-hidden">{t('command.same')}</span>
      <code tabIndex={0}>{text}</code>
      <Copy text={() => text} label={t('command.copy', { command: text })} />
    </div>
  );
}
