import { useState } from 'preact/hooks';
import { Copy } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { go, path } from '../../router.ts';
import { forgetView, savedViews, saveView } from './savedViews.ts';
import { t } from './words/index.ts';

const searchOf = () => new URLSearchParams(location.search).toString();

/** Filters, columns and order under a name, in this browser; the address alone says the same to somebody else. */
export function Views() {
  const [isSaving, setSaving] = useState(false);
  const names = Object.keys(savedViews.value).toSorted((a, b) => a.localeCompare(b));
  const current = names.find((name) => savedViews.value[name] === searchOf());
  return (
    <div class="actions">
      {names.length > 0 && (
        <label>
          {t('views.saved')}
          <select value={current ?? ''} onChange={({ currentTarget: { value } }) => go(`${path.value}?${savedViews.value[value] ?? ''}`)}>
            <option value="">{t('views.none')}</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {current === undefined ? (
        <button type="button" onClick={() => setSaving(true)}>
          {t('views.save')}
        </button>
      ) : (
        <button type="button" class="danger" onClick={() => forgetView(current)}>
          {t('views.forget')}
        </button>
      )}
      <Copy text={() => location.href} says={t('views.share')} />
      {isSaving && <SaveAs onClose={() => setSaving(false)} />}
    </div>
  );
}

function SaveAs({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  return (
    <Dialog title={t('views.save')} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          saveView(name.trim(), searchOf());
          onClose();
        }}
      >
        <label class="field">
          <span class="field-name">{t('views.name')}</span>
          <input value={name} required maxLength={60} onInput={(event) => setName(event.currentTarget.value)} />
          <span class="hint">{t('views.says')}</span>
        </label>
        <div class="actions">
          <button type="submit" class="primary" disabled={name.trim() === ''}>
            {t('views.keep')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
