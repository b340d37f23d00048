import type { NewKey as Made } from '../../../contracts/keys.ts';
import { Copy } from '../../parts/copy.tsx';
import { t } from './words/index.ts';

/** A key that was made, which is told this once. */
export const NewKey = ({ of, onClose }: { of: Made; onClose: () => void }) => (
  <>
    <p>{t('keys.once', { name: of.name, role: of.role })}</p>
    <div class="command">
      <code class="new-key" tabIndex={0}>
        {of.key}
      </code>
      <Copy text={() => of.key} />
    </div>
    <footer class="actions">
      <button type="button" class="primary" onClick={onClose}>
        {t('keys.kept')}
      </button>
    </footer>
  </>
);
