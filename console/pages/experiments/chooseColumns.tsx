import { useState } from 'preact/hooks';
import type { RunColumn } from '../../../contracts/experiments.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Show } from '../../parts/polled.tsx';
import { columnText } from './runColumns.ts';
import { t } from './words/index.ts';

interface Choice {
  readonly experiment: string | undefined;
  readonly shown: readonly RunColumn[];
  readonly onChoose: (columns: readonly RunColumn[]) => void;
  readonly onClose: () => void;
}

/** As many as the API gives of each run. */
const MOST = 100;

/** Which of all that was logged is shown of each run. */
export function ChooseColumns({ experiment, shown, onChoose, onClose }: Choice) {
  const query = experiment === undefined ? {} : { experiment };
  const names = usePoll((signal) => api.experiments.names({ query, signal }), experiment ?? '', 0);
  const [searched, setSearched] = useState('');
  const isShown = (column: RunColumn) => shown.some((other) => columnText(other) === columnText(column));
  const toggle = (column: RunColumn) =>
    onChoose(isShown(column) ? shown.filter((other) => columnText(other) !== columnText(column)) : [...shown, column].slice(0, MOST));
  return (
    <Dialog title={t('columns.title')} onClose={onClose}>
      <div class="column-search">
        <label class="field">
          <span class="field-name">{t('columns.search')}</span>
          <input type="search" value={searched} onInput={(event) => setSearched(event.currentTarget.value)} />
        </label>
        <Show of={names}>
          {({ looked_at: looked, metrics, params, tags }) => {
            const groups = [
              ['metric', metrics],
              ['param', params],
              ['tag', tags],
            ] as const;
            const fits = (name: string) => name.toLowerCase().includes(searched.toLowerCase());
            return (
              <>
                <p class="hint">{t('columns.says', { runs: looked, chosen: shown.length, most: MOST })}</p>
                {groups.map(([kind, all]) => (
                  <fieldset key={kind} class="column-group">
                    <legend class="actions">
                      <strong>{t(`column.${kind}s`, { count: all.length })}</strong>
                      <button
                        type="button"
                        class="quiet small"
                        onClick={() =>
                          onChoose(
                            [...shown, ...all.filter(fits).map((name) => ({ kind, name }))]
                              .filter((column, at, every) => every.findIndex((other) => columnText(other) === columnText(column)) === at)
                              .slice(0, MOST),
                          )
                        }
                      >
                        {t('columns.all')}
                      </button>
                      <button type="button" class="quiet small" onClick={() => onChoose(shown.filter((column) => column.kind !== kind))}>
                        {t('columns.none')}
                      </button>
                    </legend>
                    <div class="column-list">
                      {all.filter(fits).map((name) => (
                        <label key={name} class="check" title={name}>
                          <input type="checkbox" checked={isShown({ kind, name })} onChange={() => toggle({ kind, name })} />
                          <span class="cut">{name}</span>
                        </label>
                      ))}
                    </div>
                  </fieldset>
                ))}
              </>
            );
          }}
        </Show>
      </div>
    </Dialog>
  );
}
